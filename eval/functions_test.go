package eval

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"
)

// Every function of the table, by what it returns for the sample.
func TestFunctions(t *testing.T) {
	type m = map[string]any
	type l = []any
	tests := map[string][]struct {
		in   string
		want any
	}{
		"omit": {{"{'a': omit(), 'b': 1}", m{"b": int64(1)}}, {"[omit(), 1]", l{int64(1)}}, {"omit()", nil},
			{"spec.on ? omit() : 'x'", nil}},
		"changed": {{"changed('spec.size')", true}, {"changed('spec.name')", false}, {"changed(['spec', 'size'])", true},
			{"changed(['metadata', 'labels', 'a.b/c'])", true}, {"changed('spec' + '.size')", true}},
		"condition": {{"condition({'status': {'conditions': [{'type': 'A', 'status': 'True'}]}}, 'A').?status.orValue('')", "True"},
			{"condition(body, 'Ready').hasValue()", false}, {"condition(null, 'Ready').hasValue()", false},
			{"condition({'status': {'conditions': 5}}, 'A').hasValue()", false}},
		"isReady": {{"isReady(null)", false}, {"isReady({})", true}, {"isReady({'status': {'conditions': [{'type': 'Ready', 'status': 'False'}]}})", false},
			{"isReady(spec.?missing.orValue(null))", false}},
		"json.encode": {{"json.encode({'b': [1, 2.5, null, true, '<é>'], 'a': {}})", `{"a":{},"b":[1,2.5,null,true,"<é>"]}`},
			{"json.encode(spec.template)", `{"labels":{"x":"y"}}`}, {"json.encode('a')", `"a"`}, {"json.encode(now)", `"2026-01-02T03:05:35.0000006Z"`}},
		"json.decode": {{`json.decode('{"a": [1, 2.5, -3, 1e3, null, true]}')`, m{"a": l{int64(1), 2.5, int64(-3), 1000.0, nil, true}}},
			{"json.decode('9007199254740993')", int64(9007199254740993)}, {"json.decode(' \"x\" ')", "x"}},
		"yaml.encode": {{"yaml.encode({'b': 1, 'a': [true]})", "a:\n- true\nb: 1\n"}},
		"yaml.decode": {{"yaml.decode('a: [1, x]\\nb: null\\n')", m{"a": l{int64(1), "x"}, "b": nil}}, {"yaml.decode('---\\na: 1\\n')", m{"a": int64(1)}},
			{"yaml.decode('')", nil}, {"yaml.decode(yaml.encode(spec)) == spec", true}},
		"merge": {{"merge({'a': {'x': 1, 'y': 2}, 'b': 3}, {'a': {'y': null, 'z': 4}, 'c': [5]})",
			m{"a": m{"x": int64(1), "z": int64(4)}, "b": int64(3), "c": l{int64(5)}}},
			{"merge({'a': 1}, {'a': {'b': null, 'c': 2}})", m{"a": m{"c": int64(2)}}},
			{"merge(spec.template, {'labels': {'x': null}})", m{"labels": m{}}}, {"spec.template.labels.x", "y"}},
		"hash.sha256": {{"hash.sha256('a')", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"},
			{"hash.sha256(b'a') == hash.sha256('a')", true}},
		"hash.short": {{"hash.short('a')", "x4hwgpdv"}, {"hash.short(b'a') == hash.short('a')", true}, {"hash.short('a') == hash.short('b')", false}},
		"dns.name": {{"dns.name(name, 'data', 0)", "web-data-0"}, {"dns.name('Über_Name.x')", "ber-name-x"}, {"dns.name(['a', 'b'], 'c')", "a-b-c"},
			{"dns.name('--a--')", "a"}, {"size(dns.name(lists.range(60).map(i, 'ab').join('')))", int64(63)},
			{"dns.name('日本') == hash.short('日本')", true}},
		"random.string": {}, "random.int": {}, "uuid": {}, // below
	}
	for _, f := range Functions {
		examples, ok := tests[f.Name]
		if !ok {
			t.Errorf("%s is not tested", f.Name)
		}
		for _, example := range examples {
			if got := value(t, example.in); !reflect.DeepEqual(got, example.want) {
				t.Errorf("%s: got %#v, want %#v", example.in, got, example.want)
			}
		}
	}
}

func TestLongNamesStayDistinct(t *testing.T) {
	long := strings.Repeat("x", 100)
	a, b := dnsName([]string{long, "a"}), dnsName([]string{long, "b"})
	if a == b || len(a) != 63 || len(b) != 63 {
		t.Error(a, b)
	}
	if a != dnsName([]string{long, "a"}) {
		t.Error("not the same name again")
	}
	label := regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)
	for _, part := range []string{long, strings.Repeat("-", 54) + "x" + long, strings.Repeat("a-", 70), "A.B", "日", "-"} {
		if name := dnsName([]string{part}); !label.MatchString(name) || len(name) > 63 {
			t.Errorf("%s: %s", part, name)
		}
	}
}

func TestRandom(t *testing.T) {
	tests := map[string]string{
		`"${random.string(12)}"`:  `^[a-z0-9]{12}$`,
		`"${random.string(0)}x"`:  `^x$`,
		`"${random.int(3, 5)}"`:   `^[345]$`,
		`"${random.int(-1, -1)}"`: `^-1$`,
		`"${random.int(int('-9223372036854775808'), 9223372036854775807)}"`: `^-?\d+$`,
		`"${uuid()}"`: `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
	}
	for in, want := range tests {
		got, err := template(t, in).Text(t.Context(), sample())
		if err != nil || !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s: %s %v", in, got, err)
		}
	}
	tpl := template(t, `"${random.string(20)}"`)
	first, _ := tpl.Text(t.Context(), sample())
	if second, _ := tpl.Text(t.Context(), sample()); first == second {
		t.Error("twice", first)
	}
	for _, in := range []string{`"${random.int(2, 1)}"`, `"${random.string(-1)}"`, `"${random.string(5000)}"`} {
		if _, err := template(t, in).Text(t.Context(), sample()); err == nil {
			t.Errorf("%s: no error", in)
		}
	}
}

// The libraries that the language promises are there.
func TestLibraries(t *testing.T) {
	for _, in := range []string{
		"[1, 2].sum() == 3 && [3, 1].min() == 1 && [1, 2].isSorted() && [1, 2, 1].lastIndexOf(1) == 2", // Kubernetes lists
		"'a1b2'.find('[0-9]') == '1' && 'a1b2'.findAll('[0-9]') == ['1', '2']",                         // regex
		"url('https://x.y:1/z').getHost() == 'x.y:1' && !isURL('x')",                                   // URL
		"quantity('1Gi').isGreaterThan(quantity('1000M')) && quantity('500m').asApproximateFloat() == 0.5",
		"ip('10.0.0.1').family() == 4 && cidr('10.0.0.0/8').containsIP('10.1.2.3')",
		"!format.dns1123Label().validate('a-b').hasValue()",
		"semver('1.2.3').isLessThan(semver('1.10.0'))",
		"'a,b'.split(',') == ['a', 'b'] && 'AbC'.lowerAscii() == 'abc' && ' x '.trim() == 'x' && 'ab'.reverse() == 'ba'",
		"'%s-%.2f'.format(['a', 7.0]) == 'a-7.00' && ['a', 'b'].join('-') == 'a-b' && 'aXbX'.replace('X', '') == 'ab'",
		"math.greatest(1, 5, 3) == 5 && math.ceil(1.2) == 2.0 && math.abs(-1) == 1",
		"lists.range(3) == [0, 1, 2] && [[1], [2]].flatten() == [1, 2] && [2, 1, 2].distinct() == [2, 1] && [2, 1].sort() == [1, 2]",
		"[{'n': 2}, {'n': 1}].sortBy(x, x.n)[0].n == 1 && [1, 2, 3].slice(1, 2) == [2]",
		"sets.contains([1, 2], [1]) && sets.intersects([1], [1, 2])",
		"base64.encode(b'hi') == 'aGk=' && string(base64.decode('aGk=')) == 'hi'",
		"cel.bind(x, 2, x * x) == 4",
		"{'a': 1}.transformMap(k, v, v + 1) == {'a': 2} && [1, 2].transformList(i, v, i + v) == [1, 3] && {'a': 1}.exists(k, v, v == 1)",
		"spec.?missing.orValue(1) == 1 && spec.?size.hasValue() && {?'a': spec.?missing} == {} && [?spec.?size] == [3]",
		"spec.?items[?0].?name.optMap(n, n + '!').orValue('') == 'a!'",
		"spec.size > 2.5 && spec.size == 3.0 && 1 < 2.5", // numbers compare across types
		"labels.`app` == 'web'",
		"timestamp('2026-01-02T03:04:05Z') == started && now > started && now - started > runtime && started.getFullYear() == 2026",
	} {
		if got := value(t, in); got != true {
			t.Errorf("%s: %v", in, got)
		}
	}
}

// CEL walks maps in random order; expressions do not.
func TestMapsAreWalkedInOrder(t *testing.T) {
	const letters = "['h', 'c', 'a', 'g', 'b', 'f', 'd', 'e']"
	for _, in := range []string{
		letters + ".transformMapEntry(i, v, {v: i}).map(k, k).join() == 'abcdefgh'",
		letters + ".transformMapEntry(i, v, {v: i}).transformList(k, v, k).join() == 'abcdefgh'",
		letters + ".transformMapEntry(i, v, {v: i}).filter(k, true).join() == 'abcdefgh'",
		"{3: 'x', 1: 'y', 2: 'z'}.map(k, k) == [1, 2, 3]",
		"{'b': 0, 1: 0, true: 0, 'a': 0}.map(k, dyn(k)) == [true, 1, 'a', 'b']",
		"labels.map(k, k) == ['app', 'tier'] && spec.map(k, k)[0] == 'items'",
		"spec.all(k, true) && spec.exists_one(k, k == 'size') && spec.existsOne(k, v, v == 3)",
	} {
		e := newEnv(t)
		p := expr(t, e, in, cel.BoolType)
		for range 20 {
			if ok, err := p.Bool(t.Context(), sample()); !ok || err != nil {
				t.Fatalf("%s: %v %v", in, ok, err)
			}
		}
	}
}

// JSON-like data out of every CEL type.
func TestConversion(t *testing.T) {
	tests := []struct {
		in   string
		want any
	}{
		{"1", int64(1)}, {"1u", int64(1)}, {"1.5", 1.5}, {"2.0", 2.0}, {"true", true}, {"null", nil}, {"'x'", "x"}, {"b'hi'", "aGk="},
		{"timestamp('2026-01-02T03:04:05.5+01:00')", "2026-01-02T02:04:05.5Z"}, {"duration('90m')", "1h30m0s"},
		{"quantity('1.5Gi')", "1536Mi"}, {"ip('10.0.0.1')", "10.0.0.1"}, {"cidr('10.0.0.0/8')", "10.0.0.0/8"},
		{"url('https://a/b')", "https://a/b"}, {"semver('1.2.3')", "1.2.3"},
		{"{1: 'a', true: 'b', 2u: 'c'}", map[string]any{"1": "a", "true": "b", "2": "c"}},
		{"optional.of(optional.of(1))", int64(1)}, {"[optional.none(), optional.of(2)]", []any{int64(2)}},
		{"diff[0].path", "spec.size"}, {"resource", map[string]any{"group": "example.com", "version": "v1", "kind": "Thing", "plural": "things"}},
		{"spec.items + [1]", []any{map[string]any{"name": "a", "n": int64(1)}, map[string]any{"name": "b", "n": int64(2)}, int64(1)}},
	}
	for _, test := range tests {
		if got := value(t, test.in); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %#v, want %#v", test.in, got, test.want)
		}
	}
}

// Go values that are no JSON but that a Binding may hold.
func TestGoValues(t *testing.T) {
	b := NewBinding(map[string]any{
		"param": map[string]any{"i": 1, "i32": int32(2), "u": uint64(3), "f": float32(0.5), "s": []string{"a"}, "m": map[string]string{"k": "v"}, "l": []map[string]any{{"x": 1}}},
	})
	got, _, err := template(t, `"${param}"`).Render(t.Context(), b)
	want := map[string]any{"i": int64(1), "i32": int64(2), "u": int64(3), "f": 0.5, "s": []any{"a"}, "m": map[string]any{"k": "v"},
		"l": []any{map[string]any{"x": int64(1)}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v %v", got, err)
	}
}
