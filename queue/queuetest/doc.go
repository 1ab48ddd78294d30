// Package queuetest is the contract of package queue in executable form. Every
// implementation runs it:
//
//	func TestContract(t *testing.T) {
//		queuetest.Run(t, queuetest.Implementation{Open: open, Exclusive: true})
//	}
package queuetest
