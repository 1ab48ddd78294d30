// Package storetest is the contract of package store in executable form. Every
// implementation runs it:
//
//	func TestContract(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.Store { return memory.New(memory.Options{}) })
//	}
//
// What a store answers is held against a model that keeps all events in a map and
// looks at each of them for each question.
package storetest
