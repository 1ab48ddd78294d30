package monitors

// maxNodes is how many nodes are parsed at once. Each takes up to a KiB while it is read,
// so a small text that is dense with them takes a thousand times its size.
const maxNodes = 400_000

const dense = "it has more than %d values, keys and lists to be read at once; split it into several files in a folder, " +
	"or write the list of monitors at its end, each with a dash before its first line, and use defaults instead of anchors: it is then read in pieces"

// weigh returns a bound of how many nodes, tokens and comments a parser makes of a text.
// Each but the first needs one of few characters before it, which may stand for
// something else.
func weigh(b []byte) int {
	n := 0
	for i, c := range b {
		switch c {
		case ',', '[', '{', '#', '&', '*', '!', '"', '\'', '|', '>', '%':
			n++
		case ':', '?':
			n += 2 // and what is around them may be a mapping
		case '-':
			if i+1 == len(b) || b[i+1] <= ' ' || b[i+1] >= 0x80 {
				n++
			}
		}
	}
	return n
}
