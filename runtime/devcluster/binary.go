package devcluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// binaryPrefix is how the names of built binaries begin; a hash follows.
const binaryPrefix = "kopf-devcluster-"

// unusedFor is how long a binary that is not used any more is kept. Another
// checkout, or a cluster that is starting just now, may need it again.
const unusedFor = time.Hour

// Binary returns the path of the program of cmd/kopf-devcluster, built from this
// checkout. It is kept in the user's cache folder for as long as its sources are
// the same. Building it takes minutes the first time; progress, unless nil, is
// told that it is under way.
func Binary(ctx context.Context, progress io.Writer) (string, error) {
	if progress == nil {
		progress = io.Discard
	}
	source, err := findSource()
	if err != nil {
		return "", err
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	compiler, err := goVersion(ctx, source.command())
	if err != nil {
		return "", err
	}
	hash, err := source.hash(compiler, runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return "", err
	}
	binary := filepath.Join(cache, binaryPrefix+hash)
	if isBuilt(binary) {
		return binary, nil
	}
	unlock, err := lockCache(ctx, cache, progress)
	if err != nil {
		return "", err
	}
	defer unlock()
	if isBuilt(binary) {
		return binary, nil
	}
	if err := build(ctx, source, cache, binary, progress); err != nil {
		return "", fmt.Errorf("cannot build the development cluster: %w", err)
	}
	removeUnused(cache, time.Now())
	return binary, nil
}

// cacheDir is where binaries are kept.
func cacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for the binary of the development cluster: %w", err)
	}
	dir = filepath.Join(dir, "kopf-declarative")
	return dir, os.MkdirAll(dir, 0o755)
}

// isBuilt tells whether a binary is there, and notes that it is in use.
func isBuilt(binary string) bool {
	if _, err := os.Stat(binary); err != nil {
		return false
	}
	now := time.Now()
	_ = os.Chtimes(binary, now, now) // of another user, maybe: then it just looks older
	return true
}

// lockCache waits until no other process builds.
func lockCache(ctx context.Context, cache string, progress io.Writer) (unlock func(), err error) {
	for told := false; ; told = true {
		f, err := lock(filepath.Join(cache, lockFile))
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, errLocked) {
			return nil, err
		}
		if !told {
			fmt.Fprintf(progress, "waiting for another process%s that builds the development cluster\n", ownerOf(filepath.Join(cache, lockFile)))
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// removeUnused removes binaries that nobody has asked for lately.
func removeUnused(cache string, now time.Time) {
	binaries, _ := filepath.Glob(filepath.Join(cache, binaryPrefix+"*"))
	for _, binary := range binaries {
		if info, err := os.Stat(binary); err == nil && now.Sub(info.ModTime()) > unusedFor {
			_ = os.RemoveAll(binary)
		}
	}
}
