package probe

// KindOf gives tests the kinds of errors that cannot be had on loopback.
var KindOf = networkKind
