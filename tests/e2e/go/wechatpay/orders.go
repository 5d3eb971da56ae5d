package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/app"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/h5"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/jsapi"
	"github.com/wechatpay-apiv3/wechatpay-go/services/payments/native"
	"github.com/wechatpay-apiv3/wechatpay-go/services/refunddomestic"
	"github.com/wechatpay-apiv3/wechatpay-go/utils"

	"changliao.test/drivers/lines"
)

const orderPath = consts.WechatPayAPIServer + "/v3/pay/transactions"

func (shop *Shop) orders() map[string]lines.Call {
	service := &native.NativeApiService{Client: shop.client}
	refunds := &refunddomestic.RefundsApiService{Client: shop.client}
	mchid := shop.own("mchid")
	return map[string]lines.Call{
		"place": shop.place,
		"query": func(given lines.Fields) (lines.Fields, error) {
			if given["transaction_id"] != nil {
				return typed(service.QueryOrderById, mchid)(given)
			}
			return typed(service.QueryOrderByOutTradeNo, mchid)(given)
		},
		"close": func(given lines.Fields) (lines.Fields, error) {
			asked := lines.As[native.CloseOrderRequest](lines.Joined(mchid, given))
			result, err := service.CloseOrder(ctx, asked)
			return answered(lines.Fields{}, result, err)
		},
		"refund":       typed(refunds.Create, shop.own("notify_url")),
		"query_refund": typed(refunds.QueryByOutRefundNo, nil),
		"callback":     shop.callback,
		"codepay": func(given lines.Fields) (lines.Fields, error) {
			body := lines.Joined(shop.own("mchid", "appid"), given)
			return shop.untyped(http.MethodPost, orderPath+"/codepay", nil, body)
		},
		"codepay_reverse": func(given lines.Fields) (lines.Fields, error) {
			number := url.PathEscape(lines.Take(given, "out_trade_no"))
			path := orderPath + "/out-trade-no/" + number + "/reverse"
			return shop.untyped(http.MethodPost, path, nil, shop.own("mchid", "appid"))
		},
		"trade_bill":           shop.got("/v3/bill/tradebill"),
		"fundflow_bill":        shop.got("/v3/bill/fundflowbill"),
		"submch_fundflow_bill": shop.got("/v3/bill/sub-merchant-fundflowbill"),
		"download_bill": func(given lines.Fields) (lines.Fields, error) {
			content, err := shop.file(lines.Take(given, "url"))
			return lines.Fields{"status": 200, "body": text(content)}, err
		},
		"download_sealed_bill": shop.sealedBill,
	}
}

func (shop *Shop) place(given lines.Fields) (lines.Fields, error) {
	scene := lines.Take(given, "scene")
	always := shop.own("mchid", "appid", "notify_url")
	switch scene {
	case "native":
		return typed((&native.NativeApiService{Client: shop.client}).Prepay, always)(given)
	case "h5":
		return typed((&h5.H5ApiService{Client: shop.client}).Prepay, always)(given)
	case "jsapi":
		asked := lines.As[jsapi.PrepayRequest](lines.Joined(always, given))
		service := jsapi.JsapiApiService{Client: shop.client}
		made, result, err := service.PrepayWithRequestPayment(ctx, asked)
		return invoking(made, result, err)
	}
	asked := lines.As[app.PrepayRequest](lines.Joined(always, given))
	service := app.AppApiService{Client: shop.client}
	made, result, err := service.PrepayWithRequestPayment(ctx, asked)
	if err != nil {
		return answered(nil, result, err)
	}
	// The names under which an app hands them on.
	return invoking(lines.Fields{
		"appid": shop.settings["appid"], "partnerid": made.PartnerId, "prepayid": made.PrepayId,
		"package": made.Package, "noncestr": made.NonceStr, "timestamp": made.TimeStamp,
		"sign": made.Sign,
	}, result, err)
}

// What the SDK signed for a page or an app.
func invoking(signed any, result *core.APIResult, err error) (lines.Fields, error) {
	answer, err := answered(lines.Fields{}, result, err)
	if err == nil {
		answer["invoke"] = signed
	}
	return answer, err
}

func (shop *Shop) got(path string) lines.Call {
	return func(given lines.Fields) (lines.Fields, error) {
		query := url.Values{}
		for name := range given {
			query.Set(name, given[name].(string))
		}
		return shop.untyped(http.MethodGet, consts.WechatPayAPIServer+path, query, nil)
	}
}

func (shop *Shop) file(address string) ([]byte, error) {
	result, err := shop.unchecked.Get(ctx, address)
	if err != nil {
		return nil, err
	}
	defer result.Response.Body.Close()
	return io.ReadAll(result.Response.Body)
}

func (shop *Shop) sealedBill(given lines.Fields) (lines.Fields, error) {
	content, err := shop.file(lines.Take(given, "url"))
	if err != nil {
		return nil, err
	}
	private, err := utils.LoadPrivateKey(shop.settings["private_key"])
	lines.Must(err)
	key, err := utils.DecryptOAEP(lines.Take(given, "encrypt_key"), private)
	if err != nil {
		return nil, err
	}
	sealed := base64.StdEncoding.EncodeToString(content)
	plain, err := utils.DecryptAES256GCM(key, "", lines.Take(given, "nonce"), sealed)
	return lines.Fields{"status": 200, "body": text([]byte(plain))}, err
}

// Text of a bill, which may be zipped and begins with a mark.
func text(content []byte) string {
	if bytes.HasPrefix(content, []byte{0x1f, 0x8b}) {
		reader, err := gzip.NewReader(bytes.NewReader(content))
		lines.Must(err)
		content, err = io.ReadAll(reader)
		lines.Must(err)
	}
	return strings.TrimPrefix(string(content), "\ufeff")
}

// A notification as it came in. What the SDK has a type for is read as that type.
func (shop *Shop) callback(given lines.Fields) (lines.Fields, error) {
	body := strings.NewReader(given["body"].(string))
	request, err := http.NewRequest(http.MethodPost, "http://shop.test/", body)
	lines.Must(err)
	for name, value := range given["headers"].(map[string]any) {
		request.Header.Set(name, value.(string))
	}
	var content lines.Fields
	told, err := shop.notified.ParseNotifyRequest(ctx, request, &content)
	if err != nil {
		return lines.Fields{"verified": false, "reason": err.Error()}, nil
	}
	opened := lines.Fields{"event_type": told.EventType, "resource": content}
	if content["trade_state"] != nil {
		opened["resource"] = lines.As[payments.Transaction](content)
	}
	return lines.Fields{"verified": true, "opened": opened}, nil
}
