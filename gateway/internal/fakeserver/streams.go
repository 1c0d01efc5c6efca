package fakeserver

import (
	"context"
	"slices"
	"strconv"
	"strings"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	feedingv1 "egi/gateway/gen/egi/feeding/v1"
	ingestv1 "egi/gateway/gen/egi/ingest/v1"
	qualityv1 "egi/gateway/gen/egi/quality/v1"
	realtimev1 "egi/gateway/gen/egi/realtime/v1"
)

// commit stores n items from a sequence on and reports each; lost is set when the answer must not arrive.
func (s *Server) commit(ctx context.Context, first int64, n int, store func(int) (*ingestv1.ItemResult, *spb.Status)) (results []*ingestv1.ItemResult, rejections []*ingestv1.Rejection, lost bool, err error) {
	if err := s.awaitUnstalled(ctx); err != nil {
		return nil, nil, false, err
	}
	s.update(func() {
		for i := range n {
			result, rejection := store(i)
			if rejection != nil {
				rejections = append(rejections, &ingestv1.Rejection{Sequence: first + int64(i), Status: rejection})
				continue
			}
			result.Sequence = first + int64(i)
			results = append(results, result)
		}
		if lost = s.loseAcks > 0; lost {
			s.loseAcks--
		}
	})
	return results, rejections, lost, nil
}

// StreamSamples keeps samples.
func (s *Server) StreamSamples(stream grpc.BidiStreamingServer[qualityv1.StreamSamplesRequest, qualityv1.StreamSamplesResponse]) error {
	s.update(func() { s.streams++ })
	next := int64(1)
	for {
		m, err := stream.Recv()
		if err != nil {
			return err
		}
		switch r := m.Request.(type) {
		case *qualityv1.StreamSamplesRequest_Open:
			err = stream.Send(&qualityv1.StreamSamplesResponse{Response: &qualityv1.StreamSamplesResponse_Opened{Opened: &ingestv1.Opened{MaxOutstanding: 500}}})
		case *qualityv1.StreamSamplesRequest_Heartbeat:
			s.update(func() { s.heartbeats = append(s.heartbeats, r.Heartbeat) })
		case *qualityv1.StreamSamplesRequest_Batch:
			if r.Batch.FirstSequence != next {
				return status.Errorf(codes.OutOfRange, "expected sequence %d", next)
			}
			next += int64(len(r.Batch.Samples))
			results, rejections, lost, failure := s.commit(stream.Context(), r.Batch.FirstSequence, len(r.Batch.Samples), func(i int) (*ingestv1.ItemResult, *spb.Status) {
				return s.storeSample(r.Batch.Samples[i])
			})
			if failure != nil {
				return failure
			}
			if lost {
				return status.Error(codes.Unavailable, "the answer was lost")
			}
			for _, answer := range []*qualityv1.StreamSamplesResponse{
				{Response: &qualityv1.StreamSamplesResponse_Rejections{Rejections: &ingestv1.Rejections{Rejections: rejections}}},
				{Response: &qualityv1.StreamSamplesResponse_Results{Results: &ingestv1.Results{Results: results}}},
				{Response: &qualityv1.StreamSamplesResponse_Ack{Ack: &ingestv1.Ack{CommittedSequence: next - 1, CommitTime: timestamppb.Now()}}},
			} {
				if err = stream.Send(answer); err != nil {
					return err
				}
			}
		}
		if err != nil {
			return err
		}
	}
}

// StreamMeals keeps meals.
func (s *Server) StreamMeals(stream grpc.BidiStreamingServer[feedingv1.StreamMealsRequest, feedingv1.StreamMealsResponse]) error {
	for {
		m, err := stream.Recv()
		if err != nil {
			return err
		}
		switch r := m.Request.(type) {
		case *feedingv1.StreamMealsRequest_Open:
			err = stream.Send(&feedingv1.StreamMealsResponse{Response: &feedingv1.StreamMealsResponse_Opened{Opened: &ingestv1.Opened{MaxOutstanding: 500}}})
		case *feedingv1.StreamMealsRequest_Batch:
			last := r.Batch.FirstSequence + int64(len(r.Batch.Meals)) - 1
			results, rejections, _, failure := s.commit(stream.Context(), r.Batch.FirstSequence, len(r.Batch.Meals), func(i int) (*ingestv1.ItemResult, *spb.Status) {
				return s.storeMeal(r.Batch.Meals[i])
			})
			if failure != nil {
				return failure
			}
			for _, answer := range []*feedingv1.StreamMealsResponse{
				{Response: &feedingv1.StreamMealsResponse_Rejections{Rejections: &ingestv1.Rejections{Rejections: rejections}}},
				{Response: &feedingv1.StreamMealsResponse_Results{Results: &ingestv1.Results{Results: results}}},
				{Response: &feedingv1.StreamMealsResponse_Ack{Ack: &ingestv1.Ack{CommittedSequence: last, CommitTime: timestamppb.Now()}}},
			} {
				if err = stream.Send(answer); err != nil {
					return err
				}
			}
		}
		if err != nil {
			return err
		}
	}
}

// SubmitMeal stores one meal.
func (s *Server) SubmitMeal(_ context.Context, r *feedingv1.SubmitMealRequest) (*feedingv1.SubmitMealResponse, error) {
	if r.GetMeal().GetDoseReelle() > 1000 {
		return nil, status.ErrorProto(reject(codes.InvalidArgument, "meal.dose_reelle", "is above 1000"))
	}
	var result *ingestv1.ItemResult
	s.update(func() { result, _ = s.storeMeal(r.Meal) })
	answer := &feedingv1.SubmitMealResponse{GavageId: result.GavageId, Status: "saved"}
	if result.Status == ingestv1.ItemStatus_ITEM_STATUS_DUPLICATE {
		answer.Status = "duplicate"
	}
	return answer, nil
}

// CreateLot opens a lot for every key of a request.
func (s *Server) CreateLot(ctx context.Context, _ *feedingv1.CreateLotRequest) (*feedingv1.Lot, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	key := strings.Join(md.Get("idempotency-key"), "")
	s.mu.Lock()
	defer s.mu.Unlock()
	outcome := "created"
	if s.wishes[key] {
		outcome = "replayed"
	}
	s.wishes[key] = true
	return &feedingv1.Lot{CodeLot: "LL2602001"}, grpc.SetHeader(ctx, metadata.Pairs("egi-outcome", outcome))
}

// GetLot knows lot 3, which is LL2602003.
func (s *Server) GetLot(_ context.Context, r *feedingv1.GetLotRequest) (*feedingv1.Lot, error) {
	if r.Lot != "3" {
		return nil, status.Error(codes.NotFound, "no such lot")
	}
	return &feedingv1.Lot{Id: 3, CodeLot: "LL2602003"}, nil
}

// RecordRejections keeps refused messages.
func (s *Server) RecordRejections(_ context.Context, r *ingestv1.RecordRejectionsRequest) (*ingestv1.RecordRejectionsResponse, error) {
	s.update(func() { s.rejected = append(s.rejected, r.Rejections...) })
	return &ingestv1.RecordRejectionsResponse{Recorded: int32(len(r.Rejections))}, nil
}

// GetHealth says that the database answers.
func (s *Server) GetHealth(context.Context, *qualityv1.GetHealthRequest) (*qualityv1.GetHealthResponse, error) {
	return &qualityv1.GetHealthResponse{Status: "ok", DatabaseConnected: true}, nil
}

// Subscribe sends the newest sample, the marker and what follows; or what follows a position.
func (s *Server) Subscribe(r *realtimev1.SubscribeRequest, stream grpc.ServerStreamingServer[realtimev1.SubscribeResponse]) error {
	var next int
	s.mu.Lock()
	s.subscribed++
	events := slices.Clone(s.events)
	earliest := s.earliest
	s.mu.Unlock()
	if r.ResumeToken == "" {
		next = len(events)
		for _, ev := range slices.Backward(events) {
			if ev.GetSample() != nil {
				snapshot := &realtimev1.Event{CommitTime: ev.CommitTime, Snapshot: true, Payload: ev.Payload}
				if err := stream.Send(&realtimev1.SubscribeResponse{Response: &realtimev1.SubscribeResponse_Event{Event: snapshot}}); err != nil {
					return err
				}
				break
			}
		}
	} else {
		n, err := strconv.Atoi(strings.TrimPrefix(r.ResumeToken, "T"))
		if err != nil || !strings.HasPrefix(r.ResumeToken, "T") || n > len(events) {
			return status.Error(codes.InvalidArgument, "resume_token is not readable")
		}
		if n < earliest {
			return status.Error(codes.OutOfRange, "resume_token is too old; the earliest is "+token(earliest))
		}
		next = n
	}
	current := false
	for {
		s.mu.Lock()
		events, changed := slices.Clone(s.events[next:]), s.changed
		s.mu.Unlock()
		for _, ev := range events {
			next++
			if err := stream.Send(&realtimev1.SubscribeResponse{Response: &realtimev1.SubscribeResponse_Event{Event: ev}}); err != nil {
				return err
			}
		}
		if !current {
			current = true
			if err := stream.Send(&realtimev1.SubscribeResponse{Response: &realtimev1.SubscribeResponse_Current{Current: &realtimev1.Current{ResumeToken: token(next)}}}); err != nil {
				return err
			}
		}
		select {
		case <-changed:
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}
