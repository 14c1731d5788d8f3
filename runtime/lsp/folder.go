package lsp

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Files beside the open ones are read up to these limits: a folder may hold
// anything.
const (
	maxBeside   = 200
	maxFileSize = 4 << 20
)

// folders reads the files that are beside open documents, each again when it
// has changed.
type folders struct {
	mu    sync.Mutex
	known map[string]fileContent // guarded by mu
}

type fileContent struct {
	changed time.Time
	size    int64
	text    []byte
}

// beside are the files of a folder that have something of the language, without
// those that are open. A folder or file that cannot be read has nothing.
func (f *folders) beside(dir string, open map[string]bool) []spec.Source {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []spec.Source
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if !slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(path)) || open[path] || len(out) == maxBeside {
			continue
		}
		if text := f.readLocked(path, entry); isOurs(string(text)) || hasCRD(string(text)) {
			out = append(out, spec.Source{Name: path, Text: text})
		}
	}
	return out
}

func (f *folders) readLocked(path string, entry os.DirEntry) []byte {
	info, err := entry.Info()
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFileSize {
		return nil
	}
	if known, ok := f.known[path]; ok && known.changed.Equal(info.ModTime()) && known.size == info.Size() {
		return known.text
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	if f.known == nil {
		f.known = map[string]fileContent{}
	}
	f.known[path] = fileContent{info.ModTime(), info.Size(), text}
	return text
}
