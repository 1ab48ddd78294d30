// Package references replaces ${env:NAME} and ${file:PATH} in definitions by what
// they stand for.
//
// The one idea: a definition is kept as it is written, so that no version, no event
// and no file of ours holds a secret; what its references stand for is put in at the
// last moment, by [Resolver.Expand], which says as well what is to be masked.
//
//	r := references.New("/etc/monitorink", os.LookupEnv)
//	full, secrets, err := r.Expand(&monitor)
//
// A variable must be set and a file must be there, and neither may be empty. Of a
// file's end one line break is cut. Relative paths are relative to the folder of New.
// $${ is written for ${ itself; any other ${…} is left as it is.
package references
