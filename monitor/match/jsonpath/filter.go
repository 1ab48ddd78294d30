package jsonpath

import (
	"regexp"
	"strings"
)

func (c *compiler) logicalOr() logical {
	list := or{c.logicalAnd()}
	for c.follows("||") {
		list = append(list, c.logicalAnd())
	}
	if len(list) == 1 {
		return list[0]
	}
	return list
}

func (c *compiler) logicalAnd() logical {
	list := and{c.basic()}
	for c.follows("&&") {
		list = append(list, c.basic())
	}
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// follows goes past space, sign and space, if the sign comes next.
func (c *compiler) follows(sign string) bool {
	end := c.i
	if c.space(); c.take(sign) {
		c.space()
		return true
	}
	c.i = end
	return false
}

// basic reads a comparison, a test, or either in parentheses.
func (c *compiler) basic() logical {
	negated := false
	if c.take("!") {
		negated = true
		c.space()
	}
	var l logical
	at := c.i
	if c.take("(") {
		c.nest()
		c.space()
		l = c.logicalOr()
		c.space()
		if !c.take(")") {
			c.fail(c.i, "%s cannot follow here; write && or ||, or close the ( at character %d", c.here(), at+1)
		}
		c.unnest()
	} else {
		t := c.term()
		if op := c.operator(); op != "" {
			if negated {
				c.fail(at, "! negates a test or what is in parentheses; write !(…), or the opposite comparison")
			}
			right := c.term()
			return comparison{t.valuer(c), right.valuer(c), op}
		}
		l = t.logical(c)
	}
	if negated {
		return not{l}
	}
	return l
}

// operator reads a comparison operator with the space round it, or nothing.
func (c *compiler) operator() string {
	for _, op := range []string{"==", "!=", "<=", ">=", "<", ">"} {
		if c.follows(op) {
			return op
		}
	}
	end := c.i
	if c.space(); c.peek() == '=' {
		c.fail(c.i, "= compares nothing; write ==")
	}
	c.i = end
	return ""
}

// A term is what a filter is made of: one of its fields is set.
type term struct {
	at    int
	query *query  // of nodes
	value valuer  // a literal, or a function that gives a value
	test  logical // a function that gives true or false
	name  string  // of the function
}

// valuer is t as one side of a comparison, or as the value that a function wants.
func (t term) valuer(c *compiler) valuer {
	switch {
	case t.test != nil:
		c.fail(t.at, "%s gives true or false, and is not compared; write it alone", t.name)
	case t.value != nil:
		return t.value
	case !t.query.singular():
		c.fail(t.at, "a path here finds one value at most: names and indices only; write such as @.name, or count(…) or value(…) round it")
	}
	return only{t.query}
}

// logical is t as a test.
func (t term) logical(c *compiler) logical {
	switch {
	case t.test != nil:
		return t.test
	case t.name != "":
		c.fail(t.at, "%s gives a value; write what to compare it with, such as %s(…) > 1", t.name, t.name)
	case t.value != nil:
		c.fail(t.at, "a value alone is no test; write what to compare it with, such as @.state == 'up'")
	}
	return exists{t.query}
}

func (c *compiler) term() term {
	t := term{at: c.i}
	switch b := c.peek(); {
	case b == '@' || b == '$':
		t.query = c.query()
	case b == '\'' || b == '"':
		t.value = literal{operand{kind: String, text: c.quoted()}}
	case b == '-' || isDigit(b):
		t.value = literal{operand{kind: Number, text: c.number()}}
	case 'a' <= b && b <= 'z':
		c.word(&t)
	default:
		c.fail(c.i, "%s cannot be here; write @.name, a value such as 'up', 7, true or null, or a function such as length(@)", c.here())
	}
	return t
}

// number reads a number as JSON has it.
func (c *compiler) number() []byte {
	r := reader{b: []byte(c.s), i: c.i}
	r.number()
	if r.err != nil {
		c.fail(c.i, "a number begins here that is none; write such as 7, -0.5 or 1e3")
	}
	text := c.s[c.i:r.i]
	c.i = r.i
	if isDigit(c.peek()) {
		c.fail(c.i-len(text), "a number has no leading zero; leave it out")
	}
	return []byte(text)
}

var words = map[string]Kind{"true": True, "false": False, "null": Null}

// word reads true, false, null or a function.
func (c *compiler) word(t *term) {
	for b := c.peek(); 'a' <= b && b <= 'z' || isDigit(b) || b == '_'; b = c.peek() {
		c.i++
	}
	name := c.s[t.at:c.i]
	if kind, ok := words[name]; ok && c.peek() != '(' {
		t.value = literal{operand{kind: kind}}
		return
	}
	t.name = name
	if !strings.Contains(" length count match search value ", " "+name+" ") {
		c.fail(t.at, "%q is unknown; a text stands in quotes, names of members follow @. or $., and the functions are length, count, match, search and value", name)
	}
	if !c.take("(") {
		c.fail(c.i, "%s cannot follow %s; write %s(…), without space", c.here(), name, name)
	}
	c.nest()
	defer c.unnest()
	switch name {
	case "length":
		t.value = length{c.argument(")").valuer(c)}
	case "count":
		t.value = count{c.nodes(name)}
	case "value":
		t.value = lone{c.nodes(name)}
	default:
		t.test = c.search(name == "match")
	}
}

// argument reads one, and the sign behind it.
func (c *compiler) argument(sign string) term {
	c.space()
	t := c.term()
	c.space()
	if !c.take(sign) {
		c.fail(c.i, "%s cannot follow here; write %s", c.here(), sign)
	}
	return t
}

// nodes is the argument of a function over nodes.
func (c *compiler) nodes(function string) *query {
	t := c.argument(")")
	if t.query == nil {
		c.fail(t.at, "%s is of the nodes that a path finds; write such as %s(@.*)", function, function)
	}
	return t.query
}

func (c *compiler) search(whole bool) logical {
	s := search{whole: whole}
	s.text = c.argument(",").valuer(c)
	pattern := c.argument(")")
	s.pattern = pattern.valuer(c)
	if l, ok := s.pattern.(literal); ok && l.kind == String {
		re, err := regexp.Compile(string(l.text))
		if err == nil {
			re, err = regexp.Compile(expression(l.text, whole))
		}
		if err != nil {
			c.fail(pattern.at, "the regular expression is wrong: %s; write RE2 syntax", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
		s.fixed = re
	}
	return s
}
