package devcluster

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// temporary is how the names of temporary folders begin.
const temporary = "kopf-devcluster-"

// lockFile is locked by the process that runs a cluster in the folder, and tells
// its id.
const lockFile = "lock"

// folder is where one cluster lives, for nobody else meanwhile.
type folder struct {
	dir  string // absolute
	temp bool
	lock *os.File
}

// openFolder makes the folder where needed and locks it. Without a name it makes
// a temporary one, and removes those that were left by killed processes.
func openFolder(dir string) (*folder, error) {
	if dir == "" {
		removeLeftovers(os.TempDir(), time.Now())
		dir, err := os.MkdirTemp("", temporary)
		if err != nil {
			return nil, fmt.Errorf("cannot make a temporary folder: %w", err)
		}
		return lockFolder(dir, true)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot use the folder: %w", err)
	}
	return lockFolder(dir, false)
}

func lockFolder(dir string, temp bool) (*folder, error) {
	lock, err := lock(filepath.Join(dir, lockFile))
	if errors.Is(err, errLocked) {
		return nil, fmt.Errorf("%s is in use by another development cluster%s", dir, ownerOf(filepath.Join(dir, lockFile)))
	}
	if err != nil {
		return nil, fmt.Errorf("cannot use the folder: %w", err)
	}
	return &folder{dir: dir, temp: temp, lock: lock}, nil
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, name) }

// close gives the folder free, or removes it.
func (f *folder) close() error {
	defer f.lock.Close()
	if f.temp {
		return os.RemoveAll(f.dir)
	}
	return nil
}

var errLocked = errors.New("locked by another process")

// lock takes the lock of a file and writes our process id into it. The lock ends
// with the file, at the latest when this process does, however it ends.
func lock(file string) (*os.File, error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, &fs.PathError{Op: "lock", Path: file, Err: err}
	}
	if err = f.Truncate(0); err == nil {
		_, err = fmt.Fprintln(f, os.Getpid())
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// ownerOf tells which process has locked a file, as far as it has said so.
func ownerOf(file string) string {
	text, err := os.ReadFile(file)
	if pid := strings.TrimSpace(string(text)); err == nil && pid != "" {
		return " (process " + pid + ")"
	}
	return ""
}

// removeLeftovers removes the temporary folders of clusters that do not run any
// more. One that is being made this very moment is spared.
func removeLeftovers(parent string, now time.Time) {
	dirs, _ := filepath.Glob(filepath.Join(parent, temporary+"*"))
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || now.Sub(info.ModTime()) < time.Minute {
			continue
		}
		left, err := lockFolder(dir, true)
		if err == nil {
			_ = left.close()
		}
	}
}
