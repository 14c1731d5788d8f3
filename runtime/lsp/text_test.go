package lsp

import (
	"strings"
	"testing"
)

func TestPositions(t *testing.T) {
	text := newText("a🙂b\r\nä\n\nend")
	for _, c := range []struct {
		e      encoding
		at     position
		offset int
	}{
		{utf16, position{0, 0}, 0}, {utf16, position{0, 1}, 1}, {utf16, position{0, 3}, 5}, {utf16, position{0, 4}, 6},
		{utf8s, position{0, 5}, 5}, {utf32, position{0, 2}, 5}, {utf8s, position{1, 2}, 10}, {utf16, position{1, 1}, 10},
		{utf16, position{2, 0}, 11}, {utf16, position{3, 3}, 15},
	} {
		if got := text.offset(c.at, c.e); got != c.offset {
			t.Errorf("%s %+v is at %d, want %d", c.e, c.at, got, c.offset)
		}
		if got := text.position(c.offset, c.e); got != c.at {
			t.Errorf("%s: %d is %+v, want %+v", c.e, c.offset, got, c.at)
		}
	}
	for at, want := range map[position]int{{0, 2}: 1, {0, 99}: 6, {9, 9}: 15, {-1, 0}: 0, {0, -1}: 0} {
		if got := text.offset(at, utf16); got != want {
			t.Errorf("%+v is at %d, want %d", at, got, want)
		}
	}
}

func TestChange(t *testing.T) {
	text := newText("one\ntwo 🙂\nthree")
	for _, c := range []struct {
		from, to position
		text     string
		want     string
	}{
		{position{1, 0}, position{1, 3}, "2", "one\n2 🙂\nthree"},
		{position{1, 4}, position{1, 6}, "x", "one\ntwo x\nthree"},
		{position{0, 3}, position{1, 0}, "", "onetwo 🙂\nthree"},
		{position{9, 0}, position{9, 0}, "!", "one\ntwo 🙂\nthree!"},
	} {
		got, err := text.change(contentChange{Range: &span{c.from, c.to}, Text: c.text}, utf16)
		if err != nil || got.content != c.want {
			t.Errorf("%+v: %q %v", c, got.content, err)
		}
	}
	if got, err := text.change(contentChange{Text: "all\nnew"}, utf16); err != nil || got.content != "all\nnew" || len(got.lines) != 2 {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := text.change(contentChange{Range: &span{position{1, 2}, position{1, 1}}}, utf16); err == nil {
		t.Error("a range that ends before it begins is no error")
	}
}

func TestURIs(t *testing.T) {
	for uri, want := range map[string]string{
		"file:///a/b.yaml":                "/a/b.yaml",
		"file:///a%20b/%C3%A4.yaml":       "/a b/ä.yaml",
		"file:///a/./c/../b.yaml":         "/a/b.yaml",
		"file://localhost/a.yaml":         "/a.yaml",
		"file://host/a.yaml":              "",
		"untitled:Untitled-1":             "",
		"git:/a/b.yaml?ref=HEAD":          "",
		"file:///a%zz":                    "",
		"vscode-notebook-cell:/a.yaml#x1": "",
		"":                                "",
	} {
		if got, ok := fileOf(uri); got != want || ok != (want != "") {
			t.Errorf("%s: %q %v", uri, got, ok)
		}
	}
	for _, path := range []string{"/a/b.yaml", "/a b/ä#?%.yaml"} {
		if got, ok := fileOf(uriOf(path)); !ok || got != path {
			t.Errorf("%s becomes %s, and that %s", path, uriOf(path), got)
		}
	}
	if !strings.HasPrefix(uriOf("/a b"), "file:///a%20b") {
		t.Error(uriOf("/a b"))
	}
}
