"""Tables of the classes that estimators are made of, read from the libraries themselves, and files that these write."""
