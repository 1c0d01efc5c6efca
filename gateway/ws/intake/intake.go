package intake

import (
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"google.golang.org/grpc"

	feedingv1 "egi/gateway/gen/egi/feeding/v1"
	qualityv1 "egi/gateway/gen/egi/quality/v1"
)

// Options of an Intake.
type Options struct {
	Conn grpc.ClientConnInterface
	// Name is unique per gateway process; the streams' producer ids start with it.
	Name string
	// SampleStreams is the number of shared sample streams, 1..16; a device always uses the same one, so its order is kept.
	SampleStreams int
	Log           *slog.Logger
	// Trace makes a W3C traceparent for a new stream.
	Trace func() string
}

// Intake is safe for concurrent use.
type Intake struct {
	samples []*stream[*qualityv1.Sample]
	meals   *stream[*feedingv1.Meal]
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// Start opens the streams; they reconnect until Stop.
func Start(o Options) (*Intake, error) {
	if o.SampleStreams < 1 || o.SampleStreams > 16 {
		return nil, fmt.Errorf("sample streams: %d, expected 1..16", o.SampleStreams)
	}
	ctx, cancel := context.WithCancel(context.Background())
	in := &Intake{cancel: cancel}
	dial := dialSamples(qualityv1.NewSampleIngestServiceClient(o.Conn))
	for i := range o.SampleStreams {
		in.samples = append(in.samples, newStream(fmt.Sprintf("%s/samples/%d", o.Name, i), dial, o.Log, o.Trace))
	}
	in.meals = newStream(o.Name+"/meals", dialMeals(feedingv1.NewMealIngestServiceClient(o.Conn)), o.Log, o.Trace)
	for _, s := range in.samples {
		in.running.Go(func() { s.run(ctx) })
	}
	in.running.Go(func() { in.meals.run(ctx) })
	return in, nil
}

func (in *Intake) route(device string) *stream[*qualityv1.Sample] {
	h := fnv.New32a()
	h.Write([]byte(device))
	return in.samples[h.Sum32()%uint32(len(in.samples))]
}

// Sample hands a sample over. It blocks while the server does not keep up. done is called after the server's commit; it must not block.
func (in *Intake) Sample(ctx context.Context, s *qualityv1.Sample, done func(Outcome)) error {
	return in.route(s.DeviceId).submit(ctx, s, done)
}

// Meal hands a meal over, with the same promises as Sample.
func (in *Intake) Meal(ctx context.Context, m *feedingv1.Meal, done func(Outcome)) error {
	return in.meals.submit(ctx, m, done)
}

// Heartbeat passes a sign of life on, best effort.
func (in *Intake) Heartbeat(h *qualityv1.DeviceHeartbeat) { in.route(h.DeviceId).beat(h) }

// Waiting is the number of readings taken from sockets and not yet durable.
func (in *Intake) Waiting() int64 {
	n := in.meals.waiting.Load()
	for _, s := range in.samples {
		n += s.waiting.Load()
	}
	return n
}

// Drain waits until every reading is durable or ctx ends; the readings that were not acknowledged are counted in the error.
func (in *Intake) Drain(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for in.Waiting() > 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%d readings were not acknowledged by the server before the deadline: %w", in.Waiting(), ctx.Err())
		}
	}
	return nil
}

// Stop closes the streams.
func (in *Intake) Stop() {
	in.cancel()
	in.running.Wait()
}
