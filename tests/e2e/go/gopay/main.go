// Drives go-pay/gopay for tests/e2e/test_sdks.py, behind `changliao sandbox proxy`.
//
//	gopay SETTINGS.json public-key|certificate
package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"strings"

	"github.com/go-pay/gopay"
	"github.com/go-pay/gopay/wechat/v3"

	"changliao.test/drivers/lines"
)

// Shop is one merchant with its client.
type Shop struct {
	settings map[string]string
	client   *wechat.ClientV3
}

var ctx = context.Background()

func main() {
	settings := lines.Settings()
	client, err := wechat.NewClientV3(
		settings["mchid"], settings["certificate_serial"], settings["api_v3_key"],
		settings["private_key"],
	)
	lines.Must(err)
	if os.Args[2] == "public-key" {
		key, id := settings["wechatpay_public_key"], settings["wechatpay_public_key_id"]
		lines.Must(client.AutoVerifySignByCert([]byte(key), id))
	} else {
		lines.Must(client.AutoVerifySign())
	}
	shop := &Shop{settings, client}
	calls := shop.orders()
	for name, call := range shop.money() {
		calls[name] = call
	}
	lines.Answer(calls)
}

func (shop *Shop) own(names ...string) lines.Fields {
	fields := lines.Fields{}
	for _, name := range names {
		fields[name] = shop.settings[name]
	}
	return fields
}

// A call that takes fields, with those that are always the same.
func call[R any](
	send func(context.Context, gopay.BodyMap) (R, error), always lines.Fields,
) lines.Call {
	return func(given lines.Fields) (lines.Fields, error) {
		return answered(send(ctx, gopay.BodyMap(lines.Joined(always, given))))
	}
}

// A call that takes a name of something, and fields.
func named[R any](
	send func(context.Context, string, gopay.BodyMap) (R, error), name string, always lines.Fields,
) lines.Call {
	return func(given lines.Fields) (lines.Fields, error) {
		one := lines.Take(given, name)
		return answered(send(ctx, one, gopay.BodyMap(lines.Joined(always, given))))
	}
}

// A call that takes a name of something.
func only[R any](send func(context.Context, string) (R, error), name string) lines.Call {
	return func(given lines.Fields) (lines.Fields, error) {
		return answered(send(ctx, lines.Take(given, name)))
	}
}

// Answered is an answer, or a refusal with its status; what the SDK itself refuses is an error.
func answered(made any, err error) (lines.Fields, error) {
	if err != nil {
		return nil, err
	}
	value := reflect.ValueOf(made).Elem()
	if code := value.FieldByName("Code").Int(); code != wechat.Success {
		var refusal lines.Fields
		lines.Decode([]byte(value.FieldByName("Error").String()), &refusal)
		return lines.Fields{"status": code, "body": refusal}, nil
	}
	body := value.FieldByName("Response")
	if !body.IsValid() {
		return lines.Fields{"status": http.StatusNoContent, "body": lines.Fields{}}, nil
	}
	written, err := json.Marshal(body.Interface())
	lines.Must(err)
	var said lines.Fields
	lines.Decode(written, &said)
	return lines.Fields{"status": http.StatusOK, "body": bare(said)}, nil
}

// Bare of what the SDK's types say empty though it was not said.
func bare(fields map[string]any) map[string]any {
	for name, value := range fields {
		switch value := value.(type) {
		case nil:
			delete(fields, name)
		case string:
			if value == "" {
				delete(fields, name)
			}
		case map[string]any:
			bare(value)
		case []any:
			if len(value) == 0 {
				delete(fields, name)
			}
			for _, one := range value {
				if inner, nested := one.(map[string]any); nested {
					bare(inner)
				}
			}
		}
	}
	return fields
}

// A notification as it came in, read as the SDK's own type where it has one.
func (shop *Shop) callback(given lines.Fields) (lines.Fields, error) {
	body := strings.NewReader(given["body"].(string))
	request, err := http.NewRequest(http.MethodPost, "http://shop.test/", body)
	lines.Must(err)
	for name, value := range given["headers"].(map[string]any) {
		request.Header.Set(name, value.(string))
	}
	told, err := wechat.V3ParseNotify(request)
	if err != nil {
		return nil, err
	}
	if err := told.VerifySignByPKMap(shop.client.WxPublicKeyMap()); err != nil {
		return lines.Fields{"verified": false, "reason": err.Error()}, nil
	}
	content, err := shop.content(told)
	if err != nil {
		return nil, err
	}
	opened := lines.Fields{"event_type": told.EventType, "resource": bare(content)}
	return lines.Fields{"verified": true, "opened": opened}, nil
}

// Content of a notification, which the SDK must be able to read as its own type as well.
func (shop *Shop) content(told *wechat.V3NotifyReq) (fields lines.Fields, err error) {
	key, sealed := shop.settings["api_v3_key"], told.Resource
	plain, err := wechat.V3DecryptNotifyCipherTextToBytes(
		sealed.Ciphertext, sealed.Nonce, sealed.AssociatedData, key,
	)
	if err != nil {
		return nil, err
	}
	lines.Decode(plain, &fields)
	switch {
	case fields["trade_state"] != nil:
		_, err = told.DecryptPayCipherText(key)
	case fields["refund_status"] != nil:
		_, err = told.DecryptRefundCipherText(key)
	case fields["sub_orders"] != nil:
		_, err = told.DecryptCombineCipherText(key)
	case fields["out_batch_no"] != nil:
		_, err = told.DecryptTransferBatchCipherText(key)
	case fields["out_bill_no"] != nil:
		_, err = told.DecryptTransferBillsNotifyCipherText(key)
	}
	return fields, err
}
