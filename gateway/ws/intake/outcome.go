// Package intake carries the readings of many sockets to the server over a few shared ingestion streams, and tells each
// sender what became of its reading once that is durable.
package intake

import (
	"context"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	feedingv1 "egi/gateway/gen/egi/feeding/v1"
	ingestv1 "egi/gateway/gen/egi/ingest/v1"
	qualityv1 "egi/gateway/gen/egi/quality/v1"
)

// An Outcome is what the server decided about one reading. Exactly one of Result and Rejection is set, unless Err is.
type Outcome struct {
	Result    *ingestv1.ItemResult
	Rejection *spb.Status
	// Err is set when the server acknowledged the reading without saying what it did with it.
	Err error
}

// Saved reports whether this call stored the reading: for the first time, or on an attempt of our own whose answer was lost.
func (o Outcome) Saved() bool {
	return o.Result != nil && o.Result.Status != ingestv1.ItemStatus_ITEM_STATUS_DUPLICATE
}

// reply is a message of the server in the form both kinds of streams share.
type reply struct {
	opened     *ingestv1.Opened
	ack        *ingestv1.Ack
	rejections []*ingestv1.Rejection
	results    []*ingestv1.ItemResult
}

// wire is one open stream of either kind.
type wire[T any] interface {
	open(*ingestv1.Open) error
	send(first int64, items []T) error
	heartbeat(*qualityv1.DeviceHeartbeat) error
	recv() (reply, error)
	closeSend() error
}

// overSocket tells the server that the items came by WebSocket; it keeps this with refused ones.
func overSocket(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "egi-transport", "ws")
}

// dialer opens streams.
type dialer[T any] func(context.Context) (wire[T], error)

type sampleWire struct {
	s grpc.BidiStreamingClient[qualityv1.StreamSamplesRequest, qualityv1.StreamSamplesResponse]
}

func dialSamples(client qualityv1.SampleIngestServiceClient) dialer[*qualityv1.Sample] {
	return func(ctx context.Context) (wire[*qualityv1.Sample], error) {
		s, err := client.StreamSamples(overSocket(ctx))
		return sampleWire{s}, err
	}
}

func (w sampleWire) open(o *ingestv1.Open) error {
	return w.s.Send(&qualityv1.StreamSamplesRequest{Request: &qualityv1.StreamSamplesRequest_Open{Open: o}})
}

func (w sampleWire) send(first int64, items []*qualityv1.Sample) error {
	return w.s.Send(&qualityv1.StreamSamplesRequest{Request: &qualityv1.StreamSamplesRequest_Batch{
		Batch: &qualityv1.SampleBatch{FirstSequence: first, Samples: items},
	}})
}

func (w sampleWire) heartbeat(h *qualityv1.DeviceHeartbeat) error {
	return w.s.Send(&qualityv1.StreamSamplesRequest{Request: &qualityv1.StreamSamplesRequest_Heartbeat{Heartbeat: h}})
}

func (w sampleWire) recv() (reply, error) {
	m, err := w.s.Recv()
	if err != nil {
		return reply{}, err
	}
	return reply{m.GetOpened(), m.GetAck(), m.GetRejections().GetRejections(), m.GetResults().GetResults()}, nil
}

func (w sampleWire) closeSend() error { return w.s.CloseSend() }

type mealWire struct {
	s grpc.BidiStreamingClient[feedingv1.StreamMealsRequest, feedingv1.StreamMealsResponse]
}

func dialMeals(client feedingv1.MealIngestServiceClient) dialer[*feedingv1.Meal] {
	return func(ctx context.Context) (wire[*feedingv1.Meal], error) {
		s, err := client.StreamMeals(overSocket(ctx))
		return mealWire{s}, err
	}
}

func (w mealWire) open(o *ingestv1.Open) error {
	return w.s.Send(&feedingv1.StreamMealsRequest{Request: &feedingv1.StreamMealsRequest_Open{Open: o}})
}

func (w mealWire) send(first int64, items []*feedingv1.Meal) error {
	return w.s.Send(&feedingv1.StreamMealsRequest{Request: &feedingv1.StreamMealsRequest_Batch{
		Batch: &feedingv1.MealBatch{FirstSequence: first, Meals: items},
	}})
}

// heartbeat does nothing: feeding clients have no device.
func (w mealWire) heartbeat(*qualityv1.DeviceHeartbeat) error { return nil }

func (w mealWire) recv() (reply, error) {
	m, err := w.s.Recv()
	if err != nil {
		return reply{}, err
	}
	return reply{m.GetOpened(), m.GetAck(), m.GetRejections().GetRejections(), m.GetResults().GetResults()}, nil
}

func (w mealWire) closeSend() error { return w.s.CloseSend() }
