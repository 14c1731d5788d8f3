package events

import (
	"container/list"
	"time"

	corev1 "k8s.io/api/core/v1"
)

const (
	// window is the time after which an equal event is a new one again.
	window = 6 * time.Minute
	// seriesEvery is how often at most the count of one series is sent.
	seriesEvery = 10 * time.Second
	// maxSeries bounds what a lane remembers.
	maxSeries = 512
)

// lane posts the events of some objects, one after the other.
type lane struct {
	recorder *Recorder
	incoming chan Event
	known    map[identity]*list.Element
	recent   *list.List // of *series, the latest first
	stamp    int64      // the last number that was used in an event's name
}

// identity is what equal events have in common.
type identity struct {
	about                      corev1.ObjectReference
	kind, reason, action, note string
}

// series is an event that was posted, and how often it happened.
type series struct {
	identity
	event string // the name of the Event object
	count int32
	last  time.Time
	sent  time.Time
	fresh bool // the count was not sent yet
}

func newLane(r *Recorder) *lane {
	return &lane{
		recorder: r,
		incoming: make(chan Event, laneBuffer),
		known:    map[identity]*list.Element{},
		recent:   list.New(),
	}
}

// run works until the recorder is closed and the lane is empty.
func (l *lane) run() {
	ticker := l.recorder.clock.NewTicker(seriesEvery)
	defer ticker.Stop()
	for {
		select {
		case e, open := <-l.incoming:
			if !open {
				l.sendCounts(true)
				return
			}
			l.take(e)
		case <-ticker.C():
			l.sendCounts(false)
			l.forget()
		}
	}
}

// take posts an event, or counts it where it is one of a series.
func (l *lane) take(e Event) {
	now := l.recorder.clock.Now()
	id := identify(e)
	element := l.known[id]
	if element == nil || now.Sub(element.Value.(*series).last) > window {
		l.begin(id, now)
		return
	}
	l.recent.MoveToFront(element)
	s := element.Value.(*series)
	s.count++
	s.last, s.fresh = now, true
	if now.Sub(s.sent) >= seriesEvery {
		l.sendCount(s)
	}
}

// begin posts the first event of what may become a series.
func (l *lane) begin(id identity, now time.Time) {
	s := &series{identity: id, count: 1, last: now, sent: now}
	l.remove(l.known[id])
	if !l.create(s) {
		return
	}
	l.known[id] = l.recent.PushFront(s)
	if l.recent.Len() > maxSeries {
		oldest := l.recent.Back()
		if old := oldest.Value.(*series); old.fresh {
			l.sendCount(old)
		}
		l.remove(oldest)
	}
}

// sendCounts sends the counts that are not sent yet: all, or the due ones.
func (l *lane) sendCounts(all bool) {
	now := l.recorder.clock.Now()
	var next *list.Element
	for element := l.recent.Front(); element != nil; element = next {
		next = element.Next() // sendCount may remove it
		if s := element.Value.(*series); s.fresh && (all || now.Sub(s.sent) >= seriesEvery) {
			l.sendCount(s)
		}
	}
}

// forget drops the series that have ended.
func (l *lane) forget() {
	now := l.recorder.clock.Now()
	for element := l.recent.Back(); element != nil; element = l.recent.Back() {
		if now.Sub(element.Value.(*series).last) <= window {
			return
		}
		l.remove(element)
	}
}

func (l *lane) remove(element *list.Element) {
	if element == nil {
		return
	}
	delete(l.known, element.Value.(*series).identity)
	l.recent.Remove(element)
}
