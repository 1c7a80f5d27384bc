select to_regclass('daybook_anchors.checkpoints') is not null
