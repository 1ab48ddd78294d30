package match

import (
	"testing"
	"time"

	"github.com/monitorink/monitorink/data"
)

func TestNoMoreDocumentsAreHeldThanThereAreProcessors(t *testing.T) {
	exists := true
	m, err := Compile(&data.Monitor{Expect: data.Expect{Body: data.ExpectBody{JSON: []data.ExpectJSON{{Path: "$", Exists: &exists}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for range cap(documents) {
		documents <- struct{}{}
	}
	judged := make(chan *data.Error, 1) // never closed
	go func() {                         // waited for below
		_, wrong := m.Judge(Subject{Status: 200, Body: []byte("{}")}, time.Now())
		judged <- wrong
	}()
	select {
	case wrong := <-judged:
		t.Error("a body was judged beside as many as may be held")
		judged <- wrong
	case <-time.After(20 * time.Millisecond):
	}
	for range cap(documents) {
		<-documents
	}
	if wrong := <-judged; wrong != nil {
		t.Error(wrong.Message)
	}
}
