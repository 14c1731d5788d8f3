package trial_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime/trial"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

func session(t *testing.T, o trial.Options, out, errors *bytes.Buffer) *trial.Session {
	t.Helper()
	o.Clock = clock
	s, err := trial.NewSession(o, trial.SessionIO{Out: out, Format: trial.Text, Errors: &diag.Printer{Out: errors, Sources: map[string][]byte{}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSession(t *testing.T) {
	var out, errors bytes.Buffer
	s := session(t, trial.Options{Object: object(t, claim)}, &out, &errors)
	for _, test := range []struct{ line, out, errors string }{
		{"", "", ""},
		{"  // a comment", "", ""},
		{" spec.n ", "3  # int\n", ""},
		{"spec.m", "", "<expression>:1:6: error: evaluation failed: no such key: m; did you mean n?\n  1 | spec.m\n    |      ^\n  spec is {\"n\":3,\"size\":\"1Gi\"}\n"},
		{":let item = {'x': spec.n}", "", ""},
		{"item.x", "3  # int\n", ""},
		{":let item.y = now", "", ""},
		{"type(item.y)", "timestamp  # type\n", ""},
		{":let item = now", "", ""},
		{"type(item)", "timestamp  # type\n", ""},
		{":let item = {'x': spec.n, 'y': string(now)}", "", ""},
		{"item", "# map\nx: 3\n\"y\": \"2026-11-25T12:00:00Z\"\n", ""},
		{":let now = timestamp('2026-01-01T00:00:00Z')", "", ""},
		{"now.getFullYear()", "2026  # int\n", ""},
		{":let runtime = duration('1m')", "", ""},
		{"runtime", "1m0s  # duration\n", ""},
		{":let spec.n = 5", "", ""},
		{"body.spec.n", "5  # int\n", ""},
		{":let index.a = {'k': [1]}", "", ""},
		{"index.a['k']", "# list of int\n- 1\n", ""},
		{":let foo = 1", "", "there is no variable \"foo\"; the variables are "},
		{":let item", "", "\"item\" needs the form NAME = EXPR\n"},
		{":let retry = 'x'", "", "retry: a whole number is needed, and this is text\n"},
		{"retry", "0  # int\n", ""}, // what was refused has changed nothing
		{":let item = spec.?none", "", "the expression has no value: optional without a value\n"},
		{":let item = 1 +", "", "<expression>:1:4: error: incomplete expression"},
		{":type [now]", "list of timestamp\n", ""},
		{":type nme", "", "<expression>:1:1: error: unknown variable: nme; did you mean name?"},
		{":type", "", ":type needs EXPR behind it\n"},
		{":template {a: \"${name}\", b: \"${spec.?none}\"}", "# map\na: web\n", ""},
		{":template ${nme}", "", "<template>:1:3: error: unknown variable"},
		{":help me", "", ":help takes nothing behind it\n"},
		{":hepl", "", "there is no :hepl; did you mean :help?\n"},
		{":xyz", "", "there is no :xyz; :help shows what there is\n"},
		{":t x", "", ":t may be :type or :template\n"},
		{":ty 1", "int\n", ""},
		{"value", "", "<expression>:1:1: error: no value: value: it exists in runs only; :let value=VALUE gives it"},
	} {
		out.Reset()
		errors.Reset()
		reply, err := s.Do(t.Context(), test.line)
		if err != nil || reply.Quit || reply.Failed != (test.errors != "") {
			t.Errorf("%s: %+v, %v", test.line, reply, err)
		}
		if out.String() != test.out || !strings.HasPrefix(errors.String(), test.errors) || test.errors == "" && errors.Len() > 0 {
			t.Errorf("%s\n  out    %q\n  wanted %q\n  errors %q\n  wanted %q", test.line, out.String(), test.out, errors.String(), test.errors)
		}
	}
	for _, word := range []string{":quit", ":q"} {
		if reply, err := s.Do(t.Context(), word); err != nil || !reply.Quit {
			t.Errorf("%s: %+v, %v", word, reply, err)
		}
	}
	out.Reset()
	if _, err := s.Do(t.Context(), ":vars"); err != nil {
		t.Fatal(err)
	}
	for _, wanted := range []string{"\nname         string               \"web\"\n", "\nlabels       map of string        {\"app\":\"web\"}\n", "\nvalue        any                  -\n"} {
		if !strings.Contains(out.String(), wanted) {
			t.Errorf("%q is missing in %s", wanted, out.String())
		}
	}
}

func TestComplete(t *testing.T) {
	bundle, kinds := load(t, operators)
	target, err := trial.Find(bundle.Operators, kinds, "create_it")
	if err != nil {
		t.Fatal(err)
	}
	about := object(t, claim+"\nextra: {with-dash: 1, plain: 2, list: [{deep: 1, inner: [{innermost: 1}]}]}\n")
	var out, errors bytes.Buffer
	s := session(t, trial.Options{Object: about, Target: target, Lets: lets(t, "steps.pvc={kind: X}", "item=text")}, &out, &errors)
	for _, test := range []struct {
		line  string // | is the place
		texts []string
		none  string // what must not be among them
		from  string // the line up to where the texts begin
	}{
		{"annot|", []string{"annotations"}, "", ""},
		{"1 + na|", []string{"name"}, "", "1 + "},
		{"bi|", []string{"big"}, "", ""}, // a filter
		{"spec.|", []string{"n", "size"}, "", "spec."},
		{"spec.si|", []string{"size"}, "", "spec."},
		{"spec.si|zes", []string{"size"}, "", "spec."},
		{"spec.?si|", []string{"size"}, "", "spec.?"},
		{"body.extra.|", []string{"`with-dash`", "plain"}, "", "body.extra."},
		{"body.extra['|", []string{"with-dash", "plain"}, "", "body.extra['"},
		{"body.extra.w|", []string{"`with-dash`"}, "", "body.extra."},
		{"spec.|", []string{"n"}, "startsWith(", "spec."}, // a map is no text
		{"spec.size.sta|", []string{"startsWith("}, "", "spec.size."},
		{"vars.|", []string{"a", "b"}, "", "vars."},
		{"steps.|", []string{"pvc"}, "", "steps."},
		{"index.|", []string{"by_node"}, "", "index."},
		{"hash.|", []string{"sha256(", "short("}, "", "hash."},
		{"body.extra.list.map(x, x.de|", []string{"deep"}, "", "body.extra.list.map(x, x."},
		{"body.extra.list.exists(x, x.inner.all(i, y, y.in|", []string{"innermost"}, "", "body.extra.list.exists(x, x.inner.all(i, y, y."},
		{"cel.bind(b, body.extra, b.pl|", []string{"plain"}, "", "cel.bind(b, body.extra, b."},
		{"body.extra.list.map(x, x['|", []string{"deep"}, "", "body.extra.list.map(x, x['"},
		{"[].map(x, x.|", nil, "deep", ""},
		{"uu|", nil, "uuid()", ""}, // in templates only
		{":template ${uu|", []string{"uuid()"}, "", ":template ${"},
		{"1.|", nil, "n", ""},
		{":|", []string{":help", ":type ", ":let ", ":vars", ":template ", ":quit"}, "", ""},
		{":ty|", []string{":type "}, "", ""},
		{":type spec.n + na|", []string{"name"}, "", ":type spec.n + "},
		{":let ite|", []string{"item"}, "", ":let "},
		{":let item = spec.si|", []string{"size"}, "", ":let item = spec."},
		{":template {a: ${spec.si|}}", []string{"size"}, "", ":template {a: ${spec."},
		{":template na|", nil, "name", ""},
		{":help na|", nil, "name", ""},
		{":nothing na|", nil, "name", ""},
		{"|", []string{"name", "spec"}, "", ""},
	} {
		line, rest, _ := strings.Cut(test.line, "|")
		got := s.Complete(t.Context(), line+rest, len(line))
		for _, text := range test.texts {
			if !slices.Contains(got.Texts, text) {
				t.Errorf("%s: %q is missing in %q", test.line, text, got.Texts)
			}
		}
		if test.none != "" && slices.Contains(got.Texts, test.none) {
			t.Errorf("%s: %q is in %q", test.line, test.none, got.Texts)
		}
		if test.texts != nil && (line + rest)[:got.From] != test.from {
			t.Errorf("%s: the texts begin behind %q, not %q", test.line, (line + rest)[:got.From], test.from)
		}
	}
}

func TestHistory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state", "eval-history")
	h := trial.OpenHistory(file)
	for _, line := range []string{"a", "a", " secret", "", "b\x00", "b"} {
		h.Add(line)
	}
	h = trial.OpenHistory(file)
	if h.Len() != 2 || h.At(0) != "b" || h.At(1) != "a" {
		t.Errorf("%d lines: %+v", h.Len(), h)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	// It is bounded, in memory and, when it is read, in the file.
	var long strings.Builder
	for i := range 2000 {
		long.WriteString("line " + strconv.Itoa(i) + "\n")
	}
	long.WriteString("\xff\xfe\x00 damaged\n" + strings.Repeat("x", 5000) + "\n")
	if err := os.WriteFile(file, []byte(long.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	h = trial.OpenHistory(file)
	if h.Len() != 500 || h.At(0) != "line 1999" || h.At(499) != "line 1500" {
		t.Errorf("%d lines, from %s to %s", h.Len(), h.At(h.Len()-1), h.At(0))
	}
	h.Add("more")
	if h.Len() != 500 || h.At(0) != "more" {
		t.Errorf("%d lines, the last is %s", h.Len(), h.At(0))
	}
	text, err := os.ReadFile(file)
	if lines := strings.Count(string(text), "\n"); err != nil || lines != 501 {
		t.Errorf("%d lines in the file, %v", lines, err)
	}
	// What cannot be used is no failure.
	for _, name := range []string{"", t.TempDir(), filepath.Join(file, "below", "a", "file")} {
		h := trial.OpenHistory(name)
		h.Add("x")
		if h.Len() != 1 || h.At(0) != "x" {
			t.Errorf("%q: %+v", name, h)
		}
	}
}

func TestHistoryFile(t *testing.T) {
	for _, test := range []struct{ state, home, want string }{
		{"/s", "/h", "/s/kopf-declarative/eval-history"},
		{"", "/h", "/h/.local/state/kopf-declarative/eval-history"},
		{"relative", "/h", "/h/.local/state/kopf-declarative/eval-history"},
		{"", "", ""},
	} {
		env := map[string]string{"XDG_STATE_HOME": test.state, "HOME": test.home}
		if got := trial.HistoryFile(func(name string) string { return env[name] }); got != test.want {
			t.Errorf("%+v: %s", test, got)
		}
	}
}

// Beside what the object has, there is what its kind may have.
func TestCompleteByKind(t *testing.T) {
	_, kinds := load(t, operators)
	var out, errors bytes.Buffer
	s := session(t, trial.Options{Object: object(t, pod), Kinds: kinds}, &out, &errors)
	for line, want := range map[string]string{
		"spec.hostN":                          "hostNetwork",
		"spec.nodeNa":                         "nodeName",
		"spec.containers[0].imagePu":          "imagePullPolicy",
		"spec.containers.exists(c, c.imagePu": "imagePullPolicy",
		"meta.deletionT":                      "deletionTimestamp",
		":let item = status.pha":              "phase",
		"meta.creationTimestamp.getFu":        "getFullYear(",
	} {
		if got := s.Complete(t.Context(), line, len(line)); !slices.Contains(got.Texts, want) {
			t.Errorf("%s: %q is missing in %q", line, want, got.Texts)
		}
	}
}
