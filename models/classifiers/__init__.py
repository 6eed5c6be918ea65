"""What names a picture: the pet classifiers, the breeds, and the table of all classifiers."""
