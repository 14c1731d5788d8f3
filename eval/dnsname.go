package eval

import (
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

const (
	maxLabel     = 63
	maxNameParts = 8
)

// dnsNameOverloads declare dns.name for up to maxNameParts parts: CEL has no
// functions of any number of arguments.
func dnsNameOverloads() []cel.FunctionOpt {
	var options []cel.FunctionOpt
	var parts []*cel.Type
	for range maxNameParts {
		parts = append(parts, cel.DynType)
		options = append(options, cel.Overload("dns_name_"+string(rune('0'+len(parts))),
			append([]*cel.Type(nil), parts...), cel.StringType))
	}
	return append(options, cel.SingletonFunctionBinding(dnsNameOf))
}

// dnsNameOf is dns.name. A list among the parts stands for its items.
func dnsNameOf(args ...ref.Val) ref.Val {
	var parts []string
	for _, arg := range args {
		texts, err := namePart(arg)
		if err != nil {
			return err
		}
		parts = append(parts, texts...)
	}
	name := dnsName(parts)
	if name == "" {
		return types.NewErr("dns.name() has nothing to make a name of")
	}
	return types.String(name)
}

// namePart is the text of one part, or those of a list.
func namePart(arg ref.Val) ([]string, ref.Val) {
	switch x := arg.(type) {
	case types.String:
		return []string{string(x)}, nil
	case types.Int, types.Uint, types.Bool:
		s, err := keyText(arg)
		if err != nil {
			return nil, types.WrapErr(err)
		}
		return []string{s}, nil
	case traits.Lister:
		var all []string
		for it := x.Iterator(); it.HasNext() == types.True; {
			texts, err := namePart(it.Next())
			if err != nil {
				return nil, err
			}
			all = append(all, texts...)
		}
		return all, nil
	}
	return nil, types.NewErr("dns.name() takes texts and whole numbers, not %s", typeName(arg))
}

// dnsName joins the parts to an RFC 1123 label. What has no character that a
// label may have gets the hash alone.
func dnsName(parts []string) string {
	wanted := strings.Join(parts, "-")
	if wanted == "" {
		return ""
	}
	name := strings.Trim(strings.Map(labelRune, strings.ToLower(wanted)), "-")
	if name == "" {
		return shortHash([]byte(wanted))
	}
	if len(name) <= maxLabel {
		return name
	}
	suffix := "-" + shortHash([]byte(wanted))
	return strings.TrimRight(name[:maxLabel-len(suffix)], "-") + suffix
}

// labelRune is what stands for r in a label.
func labelRune(r rune) rune {
	if r < 128 && strings.ContainsRune(lowerAlnum, r) {
		return r
	}
	return '-'
}
