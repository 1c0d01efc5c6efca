package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	feedingv1 "egi/gateway/gen/egi/feeding/v1"
	identityv1 "egi/gateway/gen/egi/identity/v1"
	ingestv1 "egi/gateway/gen/egi/ingest/v1"
	qualityv1 "egi/gateway/gen/egi/quality/v1"
	simulationv1 "egi/gateway/gen/egi/simulation/v1"
	supervisionv1 "egi/gateway/gen/egi/supervision/v1"
)

// maxBody bounds a request body, bytes.
const maxBody = 4 << 20

var marshalOptions = protojson.MarshalOptions{UseProtoNames: true, EmitUnpopulated: true}

var duration = prometheus.NewHistogramVec(prometheus.HistogramOpts{
	Name: "egi_gateway_http_request_duration_seconds", Help: "Duration of REST calls.",
	Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
}, []string{"route", "method", "status"})

// newAPI registers every service that has REST routes: those of the server, and that of the simulator host.
func newAPI(ctx context.Context, conn, simulators *grpc.ClientConn) (http.Handler, error) {
	mux := runtime.NewServeMux(
		runtime.SetQueryParameterParser(&queryParser{}),
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &runtime.HTTPBodyMarshaler{Marshaler: frenchNumbers{&runtime.JSONPb{
			MarshalOptions: marshalOptions,
			// A field that no message has is a typing error of the caller, not something to drop in silence.
			UnmarshalOptions: protojson.UnmarshalOptions{DiscardUnknown: false},
		}}}),
		runtime.WithErrorHandler(writeError),
		runtime.WithRoutingErrorHandler(writeRoutingError),
		runtime.WithForwardResponseOption(decorate),
		runtime.WithOutgoingHeaderMatcher(func(key string) (string, bool) { return runtime.MetadataHeaderPrefix + key, key != outcomeKey }),
		runtime.WithForwardResponseRewriter(flattenOverview),
		runtime.WithMetadata(func(_ context.Context, r *http.Request) metadata.MD {
			pairs := metadata.Pairs("traceparent", string(traceOf(r.Context())), "egi-transport", "rest")
			if key, err := idempotencyKey(r); err == nil && key != "" {
				pairs.Set("idempotency-key", key)
			}
			return pairs
		}),
		runtime.WithMiddlewares(measure),
	)
	for _, register := range []func(context.Context, *runtime.ServeMux, *grpc.ClientConn) error{
		// Of two routes that match the one registered last answers: /api/gaveurs/{id} before /api/gaveurs/history, /api/lots/{lot} before /api/lots/qualite.
		feedingv1.RegisterGaveurServiceHandler, feedingv1.RegisterSiteServiceHandler, feedingv1.RegisterLotServiceHandler, feedingv1.RegisterPerformanceServiceHandler,
		feedingv1.RegisterLotLifeServiceHandler, feedingv1.RegisterCurveServiceHandler, feedingv1.RegisterCorrectionServiceHandler, feedingv1.RegisterAdviceServiceHandler,
		feedingv1.RegisterImportServiceHandler, feedingv1.RegisterMealIngestServiceHandler, feedingv1.RegisterDayMealServiceHandler, feedingv1.RegisterMealHistoryServiceHandler,
		feedingv1.RegisterFeedingAlertServiceHandler, qualityv1.RegisterSampleIngestServiceHandler, qualityv1.RegisterSampleServiceHandler,
		qualityv1.RegisterDeviceServiceHandler, qualityv1.RegisterQualityStatsServiceHandler, qualityv1.RegisterQualityAlertServiceHandler,
		qualityv1.RegisterInspectionServiceHandler, qualityv1.RegisterIntegrationServiceHandler, qualityv1.RegisterBusinessMetricsServiceHandler, qualityv1.RegisterSpcServiceHandler,
		qualityv1.RegisterModelServiceHandler, qualityv1.RegisterGaugeServiceHandler, qualityv1.RegisterFirmwareServiceHandler, ingestv1.RegisterRejectionServiceHandler,
		supervisionv1.RegisterSupervisionServiceHandler,
		supervisionv1.RegisterFinanceServiceHandler, supervisionv1.RegisterSlaughterPlanServiceHandler,
		identityv1.RegisterAuthServiceHandler, identityv1.RegisterAccountServiceHandler,
	} {
		if err := register(ctx, mux, conn); err != nil {
			return nil, fmt.Errorf("register routes: %w", err)
		}
	}
	if err := simulationv1.RegisterSimulatorServiceHandler(ctx, mux, simulators); err != nil {
		return nil, fmt.Errorf("register routes of the simulators: %w", err)
	}
	for _, route := range []struct {
		method, path string
		handler      runtime.HandlerFunc
	}{
		{http.MethodGet, exportPath, exportSamples(mux, conn)},
		{http.MethodGet, lotsExportPath, exportLots(mux, conn)},
		{http.MethodPost, importPath, createImport(mux, conn)},
	} {
		if err := mux.HandlePath(route.method, route.path, route.handler); err != nil {
			return nil, fmt.Errorf("register %s: %w", route.path, err)
		}
	}
	for _, route := range duckRoutes {
		if err := route.register(mux); err != nil {
			return nil, err
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keepPrivate(w, r)
		// Both forms with and without a trailing slash answer; a redirect would lose the body of a POST.
		if len(r.URL.Path) > 1 && strings.HasSuffix(r.URL.Path, "/") {
			u := *r.URL
			u.Path = strings.TrimRight(u.Path, "/")
			u.RawPath = strings.TrimRight(u.RawPath, "/")
			r = r.Clone(r.Context())
			r.URL = &u
		}
		if !takesBody(r) {
			plain(http.StatusUnsupportedMediaType, "unsupported_media_type", "send the body as Content-Type: application/json").write(w, r)
			return
		}
		if _, err := idempotencyKey(r); err != nil {
			plain(http.StatusBadRequest, "invalid_argument", err.Error()).write(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit(r))
		mux.ServeHTTP(w, sendDaysOn(r))
	}), nil
}

// outcomeKey is metadata of an answer: created or replayed. Answers whose message tells it need none.
const outcomeKey = "egi-outcome"

// decorate adds what a JSON body cannot say: the next page of an answer that is a bare list, 201 for what is new, and that an answer is an earlier one.
func decorate(ctx context.Context, w http.ResponseWriter, m proto.Message) error {
	if m == nil { // the answer is a stream
		return nil
	}
	reflected := m.ProtoReflect()
	if field := reflected.Descriptor().Fields().ByName("next_page_token"); field != nil {
		if token := reflected.Get(field).String(); token != "" {
			w.Header().Set("x-next-page-token", token)
		}
	}
	if entry, ok := reflected.Interface().(interface {
		GetStatus() string
		GetReplayed() bool
	}); ok {
		if entry.GetReplayed() {
			w.Header().Set("idempotent-replayed", "true")
		}
		if entry.GetStatus() == "saved" {
			w.WriteHeader(http.StatusCreated)
		}
	}
	if told, ok := runtime.ServerMetadataFromContext(ctx); ok {
		switch outcome := told.HeaderMD.Get(outcomeKey); {
		case slices.Contains(outcome, "created"):
			w.WriteHeader(http.StatusCreated)
		case slices.Contains(outcome, "replayed"):
			w.Header().Set("idempotent-replayed", "true")
		}
	}
	return nil
}

// flattenOverview puts the cards of the overview, which the quality front end reads, beside its other fields.
func flattenOverview(_ context.Context, m proto.Message) (any, error) {
	overview, ok := m.(*qualityv1.GetOverviewResponse)
	if !ok {
		return m, nil
	}
	merged := map[string]json.RawMessage{}
	for _, part := range []proto.Message{overview, overview.DashboardMetrics} {
		text, err := marshalOptions.Marshal(part)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &merged); err != nil {
			return nil, err
		}
	}
	delete(merged, "dashboard_metrics")
	text, err := json.Marshal(merged)
	return &httpbody.HttpBody{ContentType: "application/json", Data: text}, err
}

// statusWriter remembers the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func measure(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
		begin := time.Now()
		sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next(sw, r, params)
		route := "other"
		if pattern, ok := runtime.HTTPPattern(r.Context()); ok {
			route = pattern.String()
		}
		duration.WithLabelValues(route, r.Method, strconv.Itoa(sw.status)).Observe(time.Since(begin).Seconds())
	}
}
