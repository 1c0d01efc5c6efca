// Package fakeserver is an EGI server in memory for the tests of the gateway: it keeps the promises of the contract (acknowledge
// after keeping, recognise repeats, order events, resume) and can be told to stall, to break streams and to go away.
package fakeserver

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	feedingv1 "egi/gateway/gen/egi/feeding/v1"
	ingestv1 "egi/gateway/gen/egi/ingest/v1"
	qualityv1 "egi/gateway/gen/egi/quality/v1"
	realtimev1 "egi/gateway/gen/egi/realtime/v1"
)

// Server is safe for concurrent use.
type Server struct {
	qualityv1.UnimplementedSampleIngestServiceServer
	feedingv1.UnimplementedMealIngestServiceServer
	feedingv1.UnimplementedLotServiceServer
	realtimev1.UnimplementedRealtimeServiceServer
	ingestv1.UnimplementedRejectionServiceServer
	qualityv1.UnimplementedQualityStatsServiceServer

	mu         sync.Mutex
	changed    chan struct{}
	samples    map[string]*qualityv1.Sample
	meals      map[string]*feedingv1.Meal
	wishes     map[string]bool
	rejected   []*ingestv1.RejectedMessage
	heartbeats []*qualityv1.DeviceHeartbeat
	events     []*realtimev1.Event
	stalled    bool
	loseAcks   int
	earliest   int
	subscribed int
	streams    int
	calls      []string
	traces     []string
	callers    []string

	grpc   *grpc.Server
	Health *health.Server
	addr   string
}

// Start listens on a free port of the loopback interface.
func Start() (*Server, error) {
	s := &Server{changed: make(chan struct{}), samples: map[string]*qualityv1.Sample{}, meals: map[string]*feedingv1.Meal{}, wishes: map[string]bool{}, addr: "127.0.0.1:0"}
	return s, s.Resume()
}

// Resume listens again on the same port after Kill; what was stored is still there.
func (s *Server) Resume() error {
	listener, err := net.Listen("tcp", s.addr)
	// A client that dials a port nobody listens on may be given that very port for its own end, for a moment.
	for deadline := time.Now().Add(5 * time.Second); err != nil && time.Now().Before(deadline); listener, err = net.Listen("tcp", s.addr) {
		time.Sleep(5 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	g := grpc.NewServer(
		grpc.UnaryInterceptor(func(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			s.record(ctx, info.FullMethod)
			return next(ctx, req)
		}),
		grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
			method, _ := grpc.MethodFromServerStream(stream)
			s.record(stream.Context(), method)
			if md, _ := metadata.FromIncomingContext(stream.Context()); slices.Contains(md.Get("authorization"), "Bearer "+BadToken) {
				return status.Error(codes.Unauthenticated, "the access token is not valid here")
			}
			return status.Error(codes.Unimplemented, "not in this test: "+method)
		}))
	qualityv1.RegisterSampleIngestServiceServer(g, s)
	feedingv1.RegisterMealIngestServiceServer(g, s)
	feedingv1.RegisterLotServiceServer(g, s)
	realtimev1.RegisterRealtimeServiceServer(g, s)
	ingestv1.RegisterRejectionServiceServer(g, s)
	qualityv1.RegisterQualityStatsServiceServer(g, s)
	h := health.NewServer()
	healthv1.RegisterHealthServer(g, h)
	s.mu.Lock()
	s.grpc, s.Health, s.addr = g, h, listener.Addr().String()
	s.mu.Unlock()
	go g.Serve(listener) // ends with Kill
	return nil
}

func (s *Server) record(ctx context.Context, method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, method)
	if md, ok := metadata.FromIncomingContext(ctx); ok {
		s.traces = append(s.traces, md.Get("traceparent")...)
		s.callers = append(s.callers, md.Get("authorization")...)
	}
}

// BadToken is refused as the server refuses a token: before any service, with a message and nothing else.
const BadToken = "bad"

// Callers are the values of authorization the calls had.
func (s *Server) Callers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.callers...)
}

// Kill breaks every connection at once.
func (s *Server) Kill() {
	s.mu.Lock()
	g := s.grpc
	s.mu.Unlock()
	g.Stop()
}

// Dial connects to the server.
func (s *Server) Dial() (*grpc.ClientConn, error) {
	return grpc.NewClient(s.addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
}

func (s *Server) notify() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Server) update(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
	s.notify()
}

// Stall makes the server store and acknowledge nothing until told otherwise.
func (s *Server) Stall(on bool) { s.update(func() { s.stalled = on }) }

// LoseAcks stores the next n batches and breaks the stream instead of acknowledging them.
func (s *Server) LoseAcks(n int) { s.update(func() { s.loseAcks = n }) }

// Forget makes positions before n too old.
func (s *Server) Forget(n int) { s.update(func() { s.earliest = n }) }

// Publish commits an event.
func (s *Server) Publish(ev *realtimev1.Event) { s.update(func() { s.publish(ev) }) }

func (s *Server) publish(ev *realtimev1.Event) {
	ev.CommitTime = timestamppb.Now()
	if ev.GetDevice() == nil {
		ev.ResumeToken = token(len(s.events) + 1)
	}
	s.events = append(s.events, ev)
}

func token(n int) string { return "T" + strconv.Itoa(n) }

// Wait waits until the condition holds, and fails after ten seconds.
func (s *Server) Wait(condition func() bool) error {
	deadline := time.After(10 * time.Second)
	for {
		s.mu.Lock()
		ok, changed := condition(), s.changed
		s.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-changed:
		case <-deadline:
			return fmt.Errorf("condition not met within 10 s")
		}
	}
}

// Samples is the number of stored samples; call it inside Wait or alone.
func (s *Server) Samples() int { return len(s.samples) }

// Sample returns a stored sample.
func (s *Server) Sample(device, id string) *qualityv1.Sample { return s.samples[device+"/"+id] }

// Meals is the number of stored meals.
func (s *Server) Meals() int { return len(s.meals) }

// Rejected are the recorded messages.
func (s *Server) Rejected() []*ingestv1.RejectedMessage { return s.rejected }

// Heartbeats are those received.
func (s *Server) Heartbeats() []*qualityv1.DeviceHeartbeat { return s.heartbeats }

// Subscribed counts subscriptions ever opened, Streams ingestion streams.
func (s *Server) Subscribed() int { return s.subscribed }

// Streams counts ingestion streams ever opened.
func (s *Server) Streams() int { return s.streams }

// Calls are the full names of unary calls, Traces their trace contexts.
func (s *Server) Calls() (calls, traces []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.calls...), append([]string(nil), s.traces...)
}

// awaitUnstalled blocks while the server is stalled.
func (s *Server) awaitUnstalled(ctx context.Context) error {
	for {
		s.mu.Lock()
		stalled, changed := s.stalled, s.changed
		s.mu.Unlock()
		if !stalled {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func reject(code codes.Code, field, text string) *spb.Status {
	st, err := status.New(code, text).WithDetails(&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: field, Description: text}}})
	if err != nil {
		panic(err)
	}
	return st.Proto()
}

// storeSample applies the rules that only a server can know.
func (s *Server) storeSample(m *qualityv1.Sample) (*ingestv1.ItemResult, *spb.Status) {
	result := &ingestv1.ItemResult{Status: ingestv1.ItemStatus_ITEM_STATUS_SAVED, FusionScore: m.GetFusion().GetFinalScore(), FusionGrade: m.GetFusion().GetFinalGrade()}
	key := m.DeviceId + "/" + m.SampleId
	if old := s.samples[key]; old != nil {
		if !proto.Equal(old, m) {
			return nil, reject(codes.AlreadyExists, "sample_id", "is known with another content")
		}
		result.Status = ingestv1.ItemStatus_ITEM_STATUS_DUPLICATE
		return result, nil
	}
	if m.SampleTime.AsTime().After(time.Now().Add(5 * time.Minute)) {
		return nil, reject(codes.InvalidArgument, "sample_time", "is more than 5 min in the future")
	}
	if m.Lot == "999" {
		return nil, reject(codes.NotFound, "lot", "is unknown")
	}
	s.samples[key] = m
	compliant := true
	s.publish(&realtimev1.Event{Payload: &realtimev1.Event_Sample{Sample: &qualityv1.GradedSample{Sample: m, SiteCode: m.SiteCode, GaveurId: 4,
		Result: &qualityv1.Fusion{FinalScore: result.FusionScore, FinalGrade: result.FusionGrade, IsCompliant: &compliant}}}})
	return result, nil
}

func (s *Server) storeMeal(m *feedingv1.Meal) (*ingestv1.ItemResult, *spb.Status) {
	result := &ingestv1.ItemResult{Status: ingestv1.ItemStatus_ITEM_STATUS_SAVED, GavageId: int32(len(s.meals) + 1)}
	key := fmt.Sprintf("%s/%d/%s", m.CodeLot, m.Jour, m.Moment)
	if old := s.meals[key]; old != nil && proto.Equal(old, m) {
		result.Status = ingestv1.ItemStatus_ITEM_STATUS_DUPLICATE
		return result, nil
	}
	s.meals[key] = m
	s.publish(&realtimev1.Event{Payload: &realtimev1.Event_Meal{Meal: &feedingv1.RecordedMeal{Meal: m, GavageId: result.GavageId}}})
	return result, nil
}
