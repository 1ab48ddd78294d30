package spool

// ReadLetters is DeadLetters on any file system.
var ReadLetters = readLetters
