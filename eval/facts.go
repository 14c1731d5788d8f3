package eval

import (
	"maps"
	"strconv"
	"strings"
)

// Facts are parts of the data that are known to be there, by their paths: that of
// spec.disks is body.spec.disks, and an item of it is body.spec.disks[]. With an
// exclamation mark behind, it is known that it is not null either. They are immutable.
type Facts map[string]bool

// notNull ends the path of what is known not to be null.
const notNull = "!"

// NotNull are the facts that variables are not null.
func NotNull(variables ...string) Facts {
	out := Facts{}
	for _, v := range variables {
		out[v+notNull] = true
	}
	return out
}

func segmentOf(name string) string {
	if strings.ContainsAny(name, ".[]\"") {
		return "[" + strconv.Quote(name) + "]"
	}
	return "." + name
}

// FactsOf are those of paths below a variable, such as body or old, and of all that leads
// there.
func FactsOf(variable string, paths ...[]string) Facts {
	out := Facts{}
	for _, path := range paths {
		at := variable
		for _, segment := range path {
			out[at+notNull] = true
			at += segmentOf(segment)
			out[at] = true
		}
	}
	return out
}

// And are the facts of both.
func (f Facts) And(more Facts) Facts {
	if len(more) == 0 {
		return f
	}
	out := make(Facts, len(f)+len(more))
	maps.Copy(out, f)
	maps.Copy(out, more)
	return out
}

// Or are the facts that are in both.
func (f Facts) Or(other Facts) Facts {
	out := Facts{}
	for path := range f {
		if other[path] {
			out[path] = true
		}
	}
	return out
}
