package proc

import (
	"os"
	"testing"
	"time"
)

func TestParseStatSkipsTheCommand(t *testing.T) {
	const text = "42 (a b) c) S 1 42 42 0 -1 4194560 10 0 0 0 150 25 0 0 20 0 1 0 100 0 0"
	got, err := parseStat(text)
	if err != nil || got != 1750*time.Millisecond {
		t.Errorf("parseStat = %v, %v; want 1.75s", got, err)
	}
}

func TestParsePeak(t *testing.T) {
	got, err := parsePeak("Name:\tx\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\n")
	if err != nil || got != 20 {
		t.Errorf("parsePeak = %v, %v; want 20", got, err)
	}
	if _, err := parsePeak("Name:\tx\n"); err == nil {
		t.Error("parsePeak found a peak where there is none")
	}
}

func TestReadsItself(t *testing.T) {
	for start := time.Now(); time.Since(start) < 50*time.Millisecond; {
	}
	if cpu, err := CPU(os.Getpid()); err != nil || cpu <= 0 {
		t.Errorf("CPU = %v, %v", cpu, err)
	}
	if peak, err := PeakMiB(os.Getpid()); err != nil || peak < 1 {
		t.Errorf("PeakMiB = %v, %v", peak, err)
	}
}
