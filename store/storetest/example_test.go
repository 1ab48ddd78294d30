package storetest_test

import (
	"testing"

	"github.com/monitorink/monitorink/store"
	"github.com/monitorink/monitorink/store/memory"
	"github.com/monitorink/monitorink/store/storetest"
)

// The test of a store of one's own is one call. Each case gets a store that is empty.
func Example() {
	open := func(t *testing.T) store.Store {
		s := memory.New(memory.Options{})
		t.Cleanup(func() {}) // what there is to close or to drop
		return s
	}
	_ = func(t *testing.T) { // func TestContract(t *testing.T)
		storetest.Run(t, open)
	}
}
