package ws

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	feedingv1 "egi/gateway/gen/egi/feeding/v1"
	"egi/gateway/ws/feed"
)

// nameLot gives a filter that names its lot by id the code, which is what every event carries.
func (b *Bridge) nameLot(ctx context.Context, f *feed.Filter) error {
	id := f.LotID()
	if id == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	lot, err := feedingv1.NewLotServiceClient(b.o.Conn).GetLot(ctx, &feedingv1.GetLotRequest{Lot: strconv.Itoa(int(id))})
	switch {
	case status.Code(err) == codes.NotFound:
		return fmt.Errorf("code_lot is %d, which is the id of no lot; name the lot by its code or its id", id)
	case err != nil:
		return fmt.Errorf("code_lot is %d, and the server does not answer which lot that is (%s); try again, or name the lot by its code", id, status.Code(err))
	}
	f.CodeLot = lot.CodeLot
	return nil
}
