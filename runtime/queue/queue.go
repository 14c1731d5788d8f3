package queue

import (
	"context"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
)

// Queue is the queue of one resource. Each resource has its own, with its own
// workers, so that a storm on one kind does not starve another.
type Queue[K comparable] struct {
	keys workqueue.TypedDelayingInterface[K]
}

// New makes an empty queue, and measures it if meter is not nil.
func New[K comparable](meter workqueue.MetricsProvider) *Queue[K] {
	config := workqueue.TypedDelayingQueueConfig[K]{}
	if meter != nil {
		config.Name, config.MetricsProvider = "measured", meter
	}
	return &Queue[K]{keys: workqueue.NewTypedDelayingQueueWithConfig(config)}
}

// Add makes the key due now. Adding a key that is due already changes nothing.
func (q *Queue[K]) Add(key K) { q.keys.Add(key) }

// AddAfter makes the key due after the delay; of several delays the shortest counts.
func (q *Queue[K]) AddAfter(key K, delay time.Duration) { q.keys.AddAfter(key, delay) }

// Run works until ctx ends: no key is taken after that. It returns when all
// workers have finished the keys that they had taken.
func (q *Queue[K]) Run(ctx context.Context, workers int, work func(key K)) {
	stop := context.AfterFunc(ctx, q.keys.ShutDown)
	defer stop()
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			for q.next(ctx, work) {
			}
		})
	}
	running.Wait()
}

// next handles one key; false means that the queue has ended.
func (q *Queue[K]) next(ctx context.Context, work func(key K)) bool {
	key, shutdown := q.keys.Get()
	if shutdown {
		return false
	}
	defer q.keys.Done(key)
	// A shut-down queue still hands out what was due: it goes on after a restart.
	if ctx.Err() == nil {
		work(key)
	}
	return true
}
