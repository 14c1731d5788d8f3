package scaffold

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Write puts files into a folder, which it makes where there is none: all of them, or
// none. Files that are there already are left alone, and then nothing is written, unless
// they are to be replaced.
func Write(dir string, files []File, replace bool) (err error) {
	if err := inTheWay(dir, files, replace); err != nil {
		return err
	}
	w := &writer{}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.undo())
		}
	}()
	for _, f := range files {
		if err := w.prepare(filepath.Join(dir, filepath.FromSlash(f.Path)), f.Text); err != nil {
			return plain(err)
		}
	}
	for i := range w.files {
		if err := w.place(&w.files[i]); err != nil {
			return plain(err)
		}
	}
	return nil
}

// inTheWay tells all that keeps the files from being written, as far as it can be seen.
func inTheWay(dir string, files []File, replace bool) error {
	var taken []string
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.Path))
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return plain(err)
		case !info.Mode().IsRegular():
			return fmt.Errorf("%s is there already and is no plain file; nothing was written", path)
		case !replace:
			taken = append(taken, path)
		}
	}
	switch len(taken) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s exists already; nothing was written (--force replaces it)", taken[0])
	}
	return fmt.Errorf("%s exist already; nothing was written (--force replaces them)", strings.Join(taken, ", "))
}

// writer writes files aside first, and can undo what it did.
type writer struct {
	files []prepared
	// made are the folders that were not there, the outermost first.
	made []string
}

// prepared is a file that is ready to be put in its place.
type prepared struct {
	path, aside string
	// before is what was there; nil for nothing.
	before []byte
	placed bool
}

// prepare makes the folder of a file, and writes its text beside its place.
func (w *writer) prepare(path string, text []byte) error {
	if err := w.folder(filepath.Dir(path)); err != nil {
		return err
	}
	aside, err := os.CreateTemp(filepath.Dir(path), ".init-*")
	if err != nil {
		return err
	}
	p := prepared{path: path, aside: aside.Name()}
	if before, err := os.ReadFile(path); err == nil {
		p.before = before
	}
	w.files = append(w.files, p)
	_, err = aside.Write(text)
	return errors.Join(err, aside.Chmod(0o644), aside.Close())
}

// folder makes a folder and those around it, and remembers which were not there.
func (w *writer) folder(path string) error {
	if info, err := os.Stat(path); err == nil {
		if !info.IsDir() {
			return fmt.Errorf("%s is no folder", path)
		}
		return nil
	}
	if parent := filepath.Dir(path); parent != path {
		if err := w.folder(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(path, 0o755); err != nil {
		return err
	}
	w.made = append(w.made, path)
	return nil
}

// place puts a file into its place. One that has come there meanwhile stays: a link, unlike a
// rename, replaces nothing.
func (w *writer) place(p *prepared) error {
	if p.before != nil {
		p.placed = true
		return os.Rename(p.aside, p.path)
	}
	if err := os.Link(p.aside, p.path); err != nil {
		return err
	}
	p.placed = true
	return os.Remove(p.aside)
}

// undo removes what was written, and the folders made for it.
func (w *writer) undo() error {
	var failed error
	for _, p := range w.files {
		_ = os.Remove(p.aside) // it is in its place, or in nobody's way
		switch {
		case !p.placed:
		case p.before != nil:
			failed = errors.Join(failed, os.WriteFile(p.path, p.before, 0o644))
		default:
			failed = errors.Join(failed, os.Remove(p.path))
		}
	}
	for i := len(w.made) - 1; i >= 0; i-- {
		_ = os.Remove(w.made[i]) // somebody else may have put something there
	}
	return failed
}

// plain says in the words of people what the system said, without its names of calls.
func plain(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("cannot write %s: %w; nothing was written", path.Path, path.Err)
	}
	var link *os.LinkError
	if errors.As(err, &link) {
		return fmt.Errorf("cannot write %s: %w; nothing was written", link.New, link.Err)
	}
	return fmt.Errorf("%w; nothing was written", err)
}
