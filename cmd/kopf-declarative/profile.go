package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
)

// startProfile writes a CPU profile, and a heap profile beside it at the end,
// for those who work on the engine. Without a file it does nothing.
func startProfile(file string, log *slog.Logger) (stop func(), err error) {
	if file == "" {
		return func() {}, nil
	}
	cpu, err := os.Create(filepath.Clean(file))
	if err != nil {
		return nil, fmt.Errorf("cannot write the profile: %w", err)
	}
	if err := pprof.StartCPUProfile(cpu); err != nil {
		return nil, fmt.Errorf("cannot profile: %w", err)
	}
	return func() {
		pprof.StopCPUProfile()
		if err := cpu.Close(); err != nil {
			log.Warn("the CPU profile is not complete", "error", err)
		}
		if err := writeHeap(file + ".heap"); err != nil {
			log.Warn("the heap profile is not complete", "error", err)
		}
	}, nil
}

func writeHeap(file string) error {
	heap, err := os.Create(filepath.Clean(file))
	if err != nil {
		return err
	}
	if err := pprof.WriteHeapProfile(heap); err != nil {
		_ = heap.Close()
		return err
	}
	return heap.Close()
}
