package data

// DecodeSlowly is Decode by encoding/json alone.
func DecodeSlowly(b []byte) (Event, error) { return decodeSlowly(b) }

// DecodeFast is Decode by our own scanner alone; nil: it leaves b to encoding/json.
func DecodeFast(b []byte) Event {
	schema, ok := leading(b)
	if !ok {
		return nil
	}
	kind, err := kindOf(schema)
	if err != nil {
		return nil
	}
	return decodeFast(kind, b, len(beginning)+len(schema)+1)
}
