package rest

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/swaggest/swgui/v5emb"
	"google.golang.org/grpc"
)

// Options of the HTTP side.
type Options struct {
	Conn *grpc.ClientConn
	// Simulators is the connection to the simulator host.
	Simulators *grpc.ClientConn
	Log        *slog.Logger
	// Origins may use the API from a browser.
	Origins []string
	// Sockets serves /ws/.
	Sockets http.Handler
	// FeedReady is part of the health answer.
	FeedReady func() bool
	// Collectors of the other parts.
	Collectors []prometheus.Collector
	// OpenAPI2 is the generated description, AsyncAPI the written one.
	OpenAPI2, AsyncAPI []byte
	// Page holds the built web application; nil = none.
	Page fs.FS
}

// New makes the handler of the whole gateway.
func New(ctx context.Context, o Options) (http.Handler, error) {
	api, err := newAPI(ctx, o.Conn, o.Simulators)
	if err != nil {
		return nil, err
	}
	description, err := openAPI(o.OpenAPI2)
	if err != nil {
		return nil, err
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), duration)
	registry.MustRegister(o.Collectors...)
	h := health{o.Conn, o.FeedReady}
	site := page(o.Page)
	sockets := withProblems(o.Sockets)
	docs := v5emb.New("EGI", "/openapi.json", "/docs/")

	exact := map[string]http.Handler{
		"/health":        h.serve("healthy", "unhealthy"),
		"/health/live":   http.HandlerFunc(live),
		"/health/ready":  h.serve("ready", "not ready"),
		"/metrics":       promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
		"/openapi.json":  static(description),
		"/asyncapi.json": static(o.AsyncAPI),
		"/docs":          docs,
	}
	route := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		switch {
		case strings.HasPrefix(path, "/api/"):
			api.ServeHTTP(w, r)
		case strings.HasPrefix(path, "/ws/"):
			sockets.ServeHTTP(w, r)
		case strings.HasPrefix(path, "/docs/"):
			docs.ServeHTTP(w, r)
		default:
			if handler, ok := exact[strings.TrimRight(path, "/")]; ok {
				handler.ServeHTTP(w, r)
				return
			}
			site.ServeHTTP(w, r)
		}
	})
	return withTrace(withLog(o.Log, withCORS(o.Origins, route))), nil
}

func static(body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(body)))
	})
}

// withLog writes one line per failed call. Addresses are logged without their query: it may hold a token.
func withLog(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/ws/") {
			next.ServeHTTP(w, r)
			return
		}
		begin := time.Now()
		sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(sw, r)
		level := slog.LevelDebug
		if sw.status >= 500 {
			level = slog.LevelWarn
		}
		log.Log(r.Context(), level, "http", "method", r.Method, "path", r.URL.Path, "status", sw.status,
			"duration_ms", float64(time.Since(begin).Microseconds())/1000, "trace_id", traceOf(r.Context()).id())
	})
}
