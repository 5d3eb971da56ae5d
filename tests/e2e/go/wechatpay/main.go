// Drives wechatpay-go for tests/e2e/test_sdks.py, behind `changliao sandbox proxy`.
//
//	wechatpay SETTINGS.json public-key|certificate
package main

import (
	"context"
	"errors"
	"net/http"
	"os"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth"
	"github.com/wechatpay-apiv3/wechatpay-go/core/auth/verifiers"
	"github.com/wechatpay-apiv3/wechatpay-go/core/downloader"
	"github.com/wechatpay-apiv3/wechatpay-go/core/notify"
	"github.com/wechatpay-apiv3/wechatpay-go/core/option"
	"github.com/wechatpay-apiv3/wechatpay-go/utils"

	"changliao.test/drivers/lines"
)

// Shop is one merchant with its client.
type Shop struct {
	settings map[string]string
	client   *core.Client
	// Bills come unsigned, so the SDK takes them with a client that checks nothing.
	unchecked *core.Client
	notified  *notify.Handler
}

var ctx = context.Background()

func main() {
	shop := opened(lines.Settings(), os.Args[2])
	calls := map[string]lines.Call{}
	for _, some := range []map[string]lines.Call{shop.orders(), shop.money(), shop.partners()} {
		for name, call := range some {
			calls[name] = call
		}
	}
	lines.Answer(calls)
}

func opened(settings map[string]string, mode string) *Shop {
	mchid, serial := settings["mchid"], settings["certificate_serial"]
	key, err := utils.LoadPrivateKey(settings["private_key"])
	lines.Must(err)
	var way core.ClientOption
	var verifier auth.Verifier
	if mode == "public-key" {
		id := settings["wechatpay_public_key_id"]
		public, err := utils.LoadPublicKey(settings["wechatpay_public_key"])
		lines.Must(err)
		way = option.WithWechatPayPublicKeyAuthCipher(mchid, serial, key, id, public)
		verifier = verifiers.NewSHA256WithRSAPubkeyVerifier(id, *public)
	} else {
		// Its certificate manager fetches, decrypts and renews the certificates.
		way = option.WithWechatPayAutoAuthCipher(mchid, serial, key, settings["api_v3_key"])
		known := downloader.MgrInstance().GetCertificateVisitor(mchid)
		verifier = verifiers.NewSHA256WithRSAVerifier(known)
	}
	client, err := core.NewClient(ctx, way)
	lines.Must(err)
	signing := option.WithMerchantCredential(mchid, serial, key)
	unchecked, err := core.NewClient(ctx, signing, option.WithoutValidator())
	lines.Must(err)
	notified, err := notify.NewRSANotifyHandler(settings["api_v3_key"], verifier)
	lines.Must(err)
	return &Shop{settings, client, unchecked, notified}
}

func (shop *Shop) own(names ...string) lines.Fields {
	fields := lines.Fields{}
	for _, name := range names {
		fields[name] = shop.settings[name]
	}
	return fields
}

// Typed is a call of one of the SDK's services, with the fields that are always the same.
func typed[Q, R any](
	send func(context.Context, Q) (R, *core.APIResult, error), always lines.Fields,
) lines.Call {
	return func(given lines.Fields) (lines.Fields, error) {
		body, result, err := send(ctx, lines.As[Q](lines.Joined(always, given)))
		return answered(body, result, err)
	}
}

// Untyped is a call through the SDK's signing client, for what it has no service for.
func (shop *Shop) untyped(method, address string, query map[string][]string, body any) (
	lines.Fields, error,
) {
	var given any
	if body != nil {
		given = body
	}
	result, err := shop.client.Request(
		ctx, method, address, http.Header{}, query, given, "application/json",
	)
	if err != nil || result.Response.StatusCode == http.StatusNoContent {
		return answered(lines.Fields{}, result, err)
	}
	var node lines.Fields
	err = core.UnMarshalResponse(result.Response, &node)
	return answered(node, result, err)
}

// Answered is an answer, or a refusal with its status; what the SDK itself refuses is an error.
func answered(body any, result *core.APIResult, err error) (lines.Fields, error) {
	var refusal *core.APIError
	if errors.As(err, &refusal) {
		node := lines.Fields{"code": refusal.Code, "message": refusal.Message}
		return lines.Fields{"status": refusal.StatusCode, "body": node}, nil
	}
	if err != nil {
		return nil, err
	}
	return lines.Fields{"status": result.Response.StatusCode, "body": body}, nil
}
