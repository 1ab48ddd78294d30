package lint

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// API lists what a package exports, a line for each thing that a program may name: constants with their values,
// fields of structs, methods of types and of interfaces. Names of parameters are left out, since nobody depends on them.
func API(p *types.Package) (lines []string) {
	here := strings.TrimPrefix(p.Path(), module+"/")
	say := func(format string, a ...any) { lines = append(lines, here+": "+fmt.Sprintf(format, a...)) }
	for _, name := range p.Scope().Names() {
		switch o := p.Scope().Lookup(name).(type) {
		case nil:
		case *types.Const:
			if o.Exported() {
				say("const %s %s = %s", name, written(o.Type()), o.Val().ExactString())
			}
		case *types.Var:
			if o.Exported() {
				say("var %s %s", name, written(o.Type()))
			}
		case *types.Func:
			if o.Exported() {
				say("func %s%s", name, signature(o))
			}
		case *types.TypeName:
			if o.Exported() {
				typeLines(o, say)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func typeLines(o *types.TypeName, say func(string, ...any)) {
	name := o.Name()
	if n, ok := o.Type().(*types.Named); ok {
		if list := parameters(n.TypeParams()); list != "" {
			name += list
		}
	}
	switch u := o.Type().Underlying().(type) {
	case *types.Struct:
		say("type %s struct%s", name, comparability(u))
		for f := range u.Fields() {
			if f.Exported() {
				say("type %s struct, %s %s", o.Name(), f.Name(), written(f.Type()))
			}
		}
	case *types.Interface:
		sealed := ""
		for m := range u.Methods() {
			if m.Exported() {
				say("type %s interface, %s%s", o.Name(), m.Name(), signature(m))
			} else {
				sealed = ", of this package only"
			}
		}
		say("type %s interface%s", name, sealed)
	default:
		say("type %s %s", name, written(u))
	}
	methodLines(o, say)
}

func methodLines(o *types.TypeName, say func(string, ...any)) {
	if types.IsInterface(o.Type()) {
		return
	}
	value := types.NewMethodSet(o.Type())
	for m := range types.NewMethodSet(types.NewPointer(o.Type())).Methods() {
		if !m.Obj().Exported() {
			continue
		}
		receiver := "*" + o.Name()
		if value.Lookup(m.Obj().Pkg(), m.Obj().Name()) != nil {
			receiver = o.Name()
		}
		say("method (%s) %s%s", receiver, m.Obj().Name(), signature(m.Obj().(*types.Func)))
	}
}

// comparability says whether values of a struct can be keys and be compared.
func comparability(s *types.Struct) string {
	if types.Comparable(s) {
		return ", comparable"
	}
	return ""
}

func signature(f *types.Func) string {
	s := f.Signature()
	results := tuple(s.Results(), false)
	switch {
	case s.Results().Len() == 1:
		results = " " + results
	case s.Results().Len() > 1:
		results = " (" + results + ")"
	}
	return parameters(s.TypeParams()) + "(" + tuple(s.Params(), s.Variadic()) + ")" + results
}

func parameters(list *types.TypeParamList) string {
	var all []string
	for p := range list.TypeParams() {
		all = append(all, p.Obj().Name()+" "+written(p.Constraint()))
	}
	if len(all) == 0 {
		return ""
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func tuple(t *types.Tuple, variadic bool) string {
	all := make([]string, 0, t.Len())
	for i := range t.Len() {
		text := written(t.At(i).Type())
		if variadic && i == t.Len()-1 {
			text = "..." + strings.TrimPrefix(text, "[]")
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

func written(t types.Type) string {
	return types.TypeString(t, func(p *types.Package) string { return p.Name() })
}
