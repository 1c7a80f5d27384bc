select daybook.reader_backend()
