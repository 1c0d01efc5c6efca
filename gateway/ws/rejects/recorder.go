// Package rejects keeps the messages that never became a reading: they are handed to the server, which stores them with their reasons.
package rejects

import (
	"context"
	"log/slog"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	ingestv1 "egi/gateway/gen/egi/ingest/v1"
)

// queueLength bounds the messages waiting for the server (64 KiB each at most).
const (
	queueLength = 128
	maxBatch    = 50
	maxBackOff  = 5 * time.Second
)

// Recorder is safe for concurrent use.
type Recorder struct {
	client ingestv1.RejectionServiceClient
	log    *slog.Logger
	queue  chan *ingestv1.RejectedMessage
	done   chan struct{}
	cancel context.CancelFunc
}

// Start starts the recorder.
func Start(conn grpc.ClientConnInterface, log *slog.Logger) *Recorder {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Recorder{
		client: ingestv1.NewRejectionServiceClient(conn), log: log,
		queue: make(chan *ingestv1.RejectedMessage, queueLength), done: make(chan struct{}), cancel: cancel,
	}
	go r.run(ctx)
	return r
}

// Record hands a message over; it blocks while the server does not keep up.
func (r *Recorder) Record(ctx context.Context, m *ingestv1.RejectedMessage) error {
	select {
	case r.queue <- m:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-r.done:
		return context.Canceled
	}
}

// Stop records what waits, until ctx ends. No Record may follow.
func (r *Recorder) Stop(ctx context.Context) {
	close(r.queue)
	select {
	case <-r.done:
	case <-ctx.Done():
	}
	r.cancel()
	<-r.done
}

func (r *Recorder) run(ctx context.Context) {
	defer close(r.done)
	for m := range r.queue {
		batch := []*ingestv1.RejectedMessage{m}
		for more := true; more && len(batch) < maxBatch; {
			select {
			case m, ok := <-r.queue:
				if ok {
					batch = append(batch, m)
				}
				more = ok
			default:
				more = false
			}
		}
		r.send(ctx, batch)
	}
}

// send repeats until the server has the batch, refuses it for good, or ctx ends.
func (r *Recorder) send(ctx context.Context, batch []*ingestv1.RejectedMessage) {
	for wait := 50 * time.Millisecond; ; wait = min(wait*2, maxBackOff) {
		call, cancel := context.WithTimeout(ctx, 10*time.Second)
		_, err := r.client.RecordRejections(call, &ingestv1.RecordRejectionsRequest{Rejections: batch})
		cancel()
		switch status.Code(err) {
		case codes.OK:
			return
		case codes.InvalidArgument, codes.Unimplemented, codes.PermissionDenied:
			r.log.Error("refused messages could not be recorded", "count", len(batch), "error", err)
			return
		}
		select {
		case <-ctx.Done():
			r.log.Error("refused messages were not recorded before the end", "count", len(batch), "error", err)
			return
		case <-time.After(wait):
		}
	}
}
