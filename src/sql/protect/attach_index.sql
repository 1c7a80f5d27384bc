alter index :parent_index attach partition :qualified_index;
