// Drives smartwalle/alipay for tests/e2e/test_alipay_sdks.py.
//
//	smartwalle SETTINGS.json public-key|certificate
package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"os"

	"github.com/smartwalle/alipay/v3"

	"changliao.test/drivers/lines"
)

var ctx = context.Background()

// Shop is one app with its client.
type Shop struct {
	client *alipay.Client
	// The node of the last answer as it came, before the SDK read it as its own type.
	node []byte
}

func main() {
	shop := opened(lines.Settings(), os.Args[2])
	lines.Answer(map[string]lines.Call{
		"call": shop.call, "page": shop.page, "app": shop.app, "told": shop.told,
	})
}

func opened(settings map[string]string, mode string) *Shop {
	gateway := alipay.WithProductionGateway(settings["gateway"])
	client, err := alipay.New(settings["app_id"], settings["app_private_key_pkcs1"], true, gateway)
	lines.Must(err)
	if mode == "certificate" {
		lines.Must(client.LoadAppCertPublicKey(settings["app_certificate"]))
		lines.Must(client.LoadAliPayRootCert(settings["alipay_root_certificate"]))
		lines.Must(client.LoadAlipayCertPublicKey(settings["alipay_certificate"]))
	} else {
		lines.Must(client.LoadAliPayPublicKey(settings["alipay_public_key"]))
	}
	// With a key everything that is said is encrypted.
	lines.Must(client.SetEncryptKey(settings["content_key"]))
	shop := &Shop{client: client}
	client.OnReceivedData(func(_ context.Context, _ string, data []byte) { shop.node = data })
	return shop
}

func (shop *Shop) call(given lines.Fields) (lines.Fields, error) {
	method := lines.Take(given, "method")
	content := given["content"].(map[string]any)
	err := shop.sent(method, content, lines.Take(given, "notify_url"))
	var refusal *alipay.Error
	if err != nil && !errors.As(err, &refusal) {
		return nil, err
	}
	var node lines.Fields
	lines.Decode(shop.node, &node)
	if node["code"] != "10000" {
		return lines.Fields{"refused": node["sub_code"]}, nil
	}
	return lines.Fields{"node": node}, nil
}

// Sent as the SDK's own type where it has one with all these fields, by name where it has not.
func (shop *Shop) sent(method string, content map[string]any, notifyURL string) error {
	if send, found := shop.typed()[method]; found {
		if done, err := send(content, notifyURL); done {
			return err
		}
	}
	var result any
	return shop.client.Request(ctx, payload(method, content, notifyURL), &result)
}

func payload(method string, content map[string]any, notifyURL string) *alipay.Payload {
	made := alipay.NewPayload(method)
	for name, value := range content {
		made.AddBizField(name, value)
	}
	if notifyURL != "" {
		made.AddParam("notify_url", notifyURL)
	}
	return made
}

func (shop *Shop) page(given lines.Fields) (lines.Fields, error) {
	text, err := json.Marshal(given["content"])
	lines.Must(err)
	returnURL := given["return_url"].(string)
	var address *url.URL
	if given["method"] == "alipay.trade.wap.pay" {
		var asked alipay.TradeWapPay
		lines.Decode(text, &asked)
		asked.ReturnURL = returnURL
		address, err = shop.client.TradeWapPay(asked)
	} else {
		var asked alipay.TradePagePay
		lines.Decode(text, &asked)
		asked.ReturnURL = returnURL
		address, err = shop.client.TradePagePay(asked)
	}
	if err != nil {
		return nil, err
	}
	return lines.Fields{"url": address.String()}, nil
}

func (shop *Shop) app(given lines.Fields) (lines.Fields, error) {
	text, err := json.Marshal(given["content"])
	lines.Must(err)
	var order string
	if given["method"] == "alipay.trade.app.pay" {
		var asked alipay.TradeAppPay
		lines.Decode(text, &asked)
		order, err = shop.client.TradeAppPay(asked)
	} else {
		var asked alipay.FundAuthOrderAppFreeze
		lines.Decode(text, &asked)
		order, err = shop.client.FundAuthOrderAppFreeze(asked)
	}
	return lines.Fields{"order": order}, err
}

func (shop *Shop) told(given lines.Fields) (lines.Fields, error) {
	values, err := url.ParseQuery(given["body"].(string))
	lines.Must(err)
	fields := lines.Fields{}
	for name := range values {
		fields[name] = values.Get(name)
	}
	_, err = shop.client.DecodeNotification(values)
	return lines.Fields{"verified": err == nil, "fields": fields}, nil
}
