package data_test

import (
	"testing"

	"github.com/monitorink/monitorink/data"
)

func BenchmarkEncode(b *testing.B) {
	for name, e := range goldens() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				var err error
				if buf, err = data.AppendEncode(buf[:0], e); err != nil {
					b.Fatal(err)
				}
			}
			b.SetBytes(int64(len(buf)))
		})
	}
}

func BenchmarkEncodeAnew(b *testing.B) {
	e := goldens()["measurement"]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := data.Encode(e); err != nil {
			b.Fatal(err)
		}
	}
}

// Each event is decoded by Decode and by encoding/json in one run.
func BenchmarkDecode(b *testing.B) {
	for name, e := range goldens() {
		line, err := data.Encode(e)
		if err != nil {
			b.Fatal(err)
		}
		for way, decode := range map[string]func([]byte) (data.Event, error){"ours": data.Decode, "encoding/json": data.DecodeSlowly} {
			b.Run(name+"/"+way, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(line)))
				for b.Loop() {
					if _, err := decode(line); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkValidate(b *testing.B) {
	for name, e := range goldens() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := data.Validate(e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
