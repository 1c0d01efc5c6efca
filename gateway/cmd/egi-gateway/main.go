// egi-gateway serves REST, WebSockets and the web page in front of an EGI server.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"egi/gateway"
	"egi/gateway/rest"
	"egi/gateway/ws"
)

type options struct {
	listen, server, origins, simulators string
	rate                                float64
	burst, streams, feed                int
	drain                               time.Duration
	logLevel                            slog.Level
}

func main() {
	var o options
	flag.StringVar(&o.listen, "listen", "127.0.0.1:8000", "address for HTTP and WebSocket, loopback only: this version has no TLS")
	flag.StringVar(&o.server, "server", "127.0.0.1:50051", "address of the EGI server (gRPC)")
	flag.StringVar(&o.simulators, "simulators", "127.0.0.1:50061", "address of the simulator host (gRPC), for /api/simulators; it may be absent")
	flag.StringVar(&o.origins, "origins", "http://localhost:3000,http://localhost:3001,http://localhost:5173", "web origins that may use the API, separated by commas")
	flag.Float64Var(&o.rate, "ws-rate", 50, "messages a socket may send per second, 0 = no limit; beyond it the socket is slowed, nothing is lost")
	flag.IntVar(&o.burst, "ws-burst", 200, "messages a socket may send at once")
	flag.IntVar(&o.streams, "sample-streams", 2, "shared ingestion streams for samples, 1..16")
	flag.IntVar(&o.feed, "feed-length", 8192, "events kept for slow and resuming sockets, 16..65536")
	flag.DurationVar(&o.drain, "drain", 10*time.Second, "how long to wait at the end for readings to become durable")
	flag.TextVar(&o.logLevel, "log-level", slog.LevelInfo, "debug, info, warn or error")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "egi-gateway:", err)
		os.Exit(1)
	}
}

// loopback refuses every address that other machines can reach.
func loopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("--listen %q: %w", address, err)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("--listen %q: only loopback addresses such as 127.0.0.1:8000 are accepted; put a proxy with TLS and authentication in front", address)
}

// dial connects when first used, and again whenever the connection is lost.
func dial(address string, more ...grpc.DialOption) (*grpc.ClientConn, error) {
	return grpc.NewClient(address, append([]grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64 << 20)),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 50 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 2 * time.Second},
			MinConnectTimeout: 2 * time.Second,
		}),
	}, more...)...)
}

// sayHowToStart replaces the network's words for a simulator host that is not there: it is no part of the platform that must run.
func sayHowToStart(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	err := invoke(ctx, method, request, reply, conn, opts...)
	if status.Code(err) == codes.Unavailable {
		return status.Error(codes.Unavailable, "no simulator host answers; ./egi up starts one with the simulators, simulator-host one alone")
	}
	return err
}

func run(o options) error {
	if err := loopback(o.listen); err != nil {
		return err
	}
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q; see --help", flag.Arg(0))
	}
	if o.feed < 16 || o.feed > 65536 || o.rate < 0 || o.burst < 1 {
		return errors.New("--feed-length 16..65536, --ws-rate >= 0 and --ws-burst >= 1 are expected")
	}
	log := slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{Level: o.logLevel}))
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	conn, err := dial(o.server)
	if err != nil {
		return fmt.Errorf("--server: %w", err)
	}
	defer conn.Close()
	simulators, err := dial(o.simulators, grpc.WithUnaryInterceptor(sayHowToStart))
	if err != nil {
		return fmt.Errorf("--simulators: %w", err)
	}
	defer simulators.Close()

	bridge, err := ws.Start(ws.Options{
		Conn: conn, Log: log, Name: "gateway-" + strings.ToLower(rand.Text()[:12]), Rate: o.rate, Burst: o.burst, SampleStreams: o.streams,
		FeedLength: o.feed, PingEvery: 30 * time.Second, IdleTimeout: 90 * time.Second, Trace: rest.NewTrace,
	})
	if err != nil {
		return err
	}
	handler, err := rest.New(ctx, rest.Options{
		Conn: conn, Simulators: simulators, Log: log, Origins: strings.Split(o.origins, ","), Sockets: bridge, FeedReady: bridge.Ready, Collectors: bridge.Collectors(),
		OpenAPI2: gateway.OpenAPI2, AsyncAPI: gateway.AsyncAPI, Page: gateway.Page(),
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Info("gateway listening", "address", listener.Addr().String(), "server", o.server, "page", gateway.Page() != nil)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop()
	log.Info("gateway draining")
	deadline, cancel := context.WithTimeout(context.Background(), o.drain)
	defer cancel()
	err = errors.Join(bridge.Stop(deadline), server.Shutdown(deadline))
	log.Info("gateway stopped", "error", err)
	return err
}
