"""Who may do what: every operation of every service, really called as every kind of person."""
