package queue

import "time"

// Brake slows down an object whose handling changes it again and again, such
// as a handler that patches the field it reacts to. It is a token bucket: a
// burst of cycles goes at full speed, then one cycle per interval. An object
// that stays calm gets its burst back.
//
// The zero Brake is ready for use. It is not safe for concurrent use: an
// object is handled by one worker at a time.
type Brake struct {
	used float64
	last time.Time
}

// The brake's measure: far above what people and healthy operators do to one
// object, far below what an endless loop does to an API server.
const (
	brakeBurst    = 30
	brakeInterval = 5 * time.Second
)

// Take counts one cycle at this time. It returns how long the cycle has to
// wait; zero means that it may go on, and only then it is counted.
func (b *Brake) Take(now time.Time) time.Duration {
	b.used = max(0, b.used-float64(now.Sub(b.last))/float64(brakeInterval))
	b.last = now
	if b.used > brakeBurst-1 {
		return time.Duration((b.used - (brakeBurst - 1)) * float64(brakeInterval))
	}
	b.used++
	return 0
}

// Calm tells whether the object has most of its burst back.
func (b *Brake) Calm() bool { return b.used < brakeBurst/2 }
