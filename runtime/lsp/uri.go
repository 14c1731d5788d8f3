package lsp

import (
	"net/url"
	"path/filepath"
)

// fileOf is the path that a URI names. A document that is no file, such as one
// that has not been saved yet, has none.
func fileOf(uri string) (path string, ok bool) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" || u.Host != "" && u.Host != "localhost" || !filepath.IsAbs(u.Path) {
		return "", false
	}
	return filepath.Clean(u.Path), true
}

// uriOf is the URI of a file.
func uriOf(path string) string {
	return (&url.URL{Scheme: "file", Path: path}).String()
}
