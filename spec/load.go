package spec

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Source is one text with its name, as it is shown in messages.
type Source struct {
	Name string
	Text []byte
}

// StdinName is how messages call the standard input.
const StdinName = "<stdin>"

// Load reads and parses files, folders and, for "-", the standard input.
func Load(paths []string, stdin io.Reader) (*Bundle, diag.List) {
	sources, found := ReadSources(paths, stdin)
	bundle, more := Parse(sources)
	return bundle, append(found, more...)
}

// ReadSources reads the texts. Of a folder, it takes the .yaml, .yml and .json
// files in it, but not those in folders below, in the order of their names;
// hidden ones are left out.
// A file that is named twice is read once.
func ReadSources(paths []string, stdin io.Reader) ([]Source, diag.List) {
	r := &reader{stdin: stdin, seen: map[string]bool{}}
	for _, path := range paths {
		r.path(path)
	}
	return r.sources, r.found
}

type reader struct {
	report
	stdin   io.Reader
	seen    map[string]bool
	sources []Source
}

func (r *reader) path(path string) {
	if path == "-" {
		r.standardInput()
		return
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		r.fail(path, err)
	case info.IsDir():
		r.folder(path)
	default:
		r.file(path)
	}
}

func (r *reader) standardInput() {
	if r.seen["-"] {
		return
	}
	r.seen["-"] = true
	text, err := io.ReadAll(r.stdin)
	if err != nil {
		r.fail(StdinName, err)
		return
	}
	r.sources = append(r.sources, Source{Name: StdinName, Text: text})
}

func (r *reader) folder(root string) {
	before := len(r.sources) + len(r.found)
	any := false
	entries, err := os.ReadDir(root)
	if err != nil {
		r.fail(root, err)
	}
	for _, entry := range entries {
		hidden := strings.HasPrefix(entry.Name(), ".")
		if !entry.IsDir() && !hidden && isDefinition(entry.Name()) {
			any = true
			r.file(filepath.Join(root, entry.Name()))
		}
	}
	if !any && before == len(r.sources)+len(r.found) {
		r.add(ruleRead, at(root), "the folder holds no .yaml, .yml or .json file")
	}
}

func isDefinition(path string) bool {
	switch filepath.Ext(path) {
	case ".yaml", ".yml", ".json":
		return true
	default:
		return false
	}
}

func (r *reader) file(path string) {
	key := path
	if absolute, err := filepath.Abs(path); err == nil {
		key = absolute
	}
	if r.seen[key] {
		return
	}
	r.seen[key] = true
	text, err := os.ReadFile(path)
	if err != nil {
		r.fail(path, err)
		return
	}
	r.sources = append(r.sources, Source{Name: path, Text: text})
}

// fail reports what the system said, without the path, which stands before it.
func (r *reader) fail(path string, err error) {
	var inner *fs.PathError
	if errors.As(err, &inner) {
		err = inner.Err
	}
	r.add(ruleRead, at(path), "%s", err)
}
