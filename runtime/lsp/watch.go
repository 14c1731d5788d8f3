package lsp

import (
	"context"
	"os"
	"path/filepath"
)

// The client watches files for the server, where it can: those in its folders, and those
// of Options.CRDs, which may be elsewhere.

// definitionFiles are the files that may hold something of interest.
const definitionFiles = "*.{yaml,yml,json}"

// watchers are what is to be watched. Files outside of the folders of the client can only
// be named to one that knows relative patterns.
func watchers(crds []string, relative bool) []fileSystemWatcher {
	out := []fileSystemWatcher{{GlobPattern: "**/" + definitionFiles}}
	if !relative {
		return out
	}
	for _, path := range crds {
		path, err := filepath.Abs(path)
		if err != nil {
			continue // there is no working directory
		}
		dir, name := filepath.Split(path)
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			dir, name = path, definitionFiles
		}
		out = append(out, fileSystemWatcher{GlobPattern: relativePattern{BaseURI: uriOf(filepath.Clean(dir)), Pattern: name}})
	}
	return out
}

// watch asks the client to watch files. One that refuses tells of saved files only.
func (s *server) watch(ctx context.Context, relative bool) {
	p := registrationParams{Registrations: []registration{{
		ID: "files", Method: "workspace/didChangeWatchedFiles",
		RegisterOptions: watchOptions{Watchers: watchers(s.options.CRDs, relative)},
	}}}
	if _, err := s.rpc.Callback(ctx, "client/registerCapability", p); err != nil && ctx.Err() == nil {
		s.options.Log.Debug("the client does not watch files", "error", err)
	}
}

// didChangeWatchedFiles checks what stands in the folders of changed files.
func (s *server) didChangeWatchedFiles(p watchedFilesParams) error {
	s.readKinds()
	for _, c := range p.Changes {
		s.workspace.recheck(groupOf(c.URI))
	}
	return nil
}

// didSave is how changes are noticed without a client that watches files.
func (s *server) didSave(struct{}) error {
	s.readKinds()
	if s.cluster != nil {
		s.cluster.again()
	}
	s.workspace.recheckAll()
	return nil
}
