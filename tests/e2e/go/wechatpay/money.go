package main

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"github.com/wechatpay-apiv3/wechatpay-go/core"
	"github.com/wechatpay-apiv3/wechatpay-go/core/consts"
	"github.com/wechatpay-apiv3/wechatpay-go/services/fileuploader"
	"github.com/wechatpay-apiv3/wechatpay-go/services/partnerpayments/native"
	"github.com/wechatpay-apiv3/wechatpay-go/services/profitsharing"
	"github.com/wechatpay-apiv3/wechatpay-go/services/refunddomestic"
	"github.com/wechatpay-apiv3/wechatpay-go/services/transferbatch"

	"changliao.test/drivers/lines"
)

const (
	billPath     = consts.WechatPayAPIServer + "/v3/fund-app/mch-transfer/transfer-bills"
	combinedPath = consts.WechatPayAPIServer + "/v3/combine-transactions"
	applyPath    = consts.WechatPayAPIServer + "/v3/applyment4sub/applyment/"
)

func (shop *Shop) money() map[string]lines.Call {
	orders := &profitsharing.OrdersApiService{Client: shop.client}
	returns := &profitsharing.ReturnOrdersApiService{Client: shop.client}
	receivers := &profitsharing.ReceiversApiService{Client: shop.client}
	amounts := &profitsharing.TransactionsApiService{Client: shop.client}
	shares := &profitsharing.BillShipmentApiService{Client: shop.client}
	merchants := &profitsharing.MerchantsApiService{Client: shop.client}
	batches := &transferbatch.TransferBatchApiService{Client: shop.client}
	details := &transferbatch.TransferDetailApiService{Client: shop.client}
	appid := shop.own("appid")
	detailed, plain := lines.Fields{"need_query_detail": true}, lines.Fields{"need_query_detail": false}
	return map[string]lines.Call{
		"profitsharing_add_receiver":    kinded(typed(receivers.AddReceiver, appid)),
		"profitsharing_delete_receiver": kinded(typed(receivers.DeleteReceiver, appid)),
		"profitsharing_order":           typed(orders.CreateOrder, appid),
		"profitsharing_order_query":     typed(orders.QueryOrder, nil),
		"profitsharing_unfreeze":        typed(orders.UnfreezeOrder, nil),
		"profitsharing_return":          typed(returns.CreateReturnOrder, nil),
		"profitsharing_return_query":    typed(returns.QueryReturnOrder, nil),
		"profitsharing_amount_query":    typed(amounts.QueryOrderAmount, nil),
		"profitsharing_bill":            typed(shares.SplitBill, nil),
		"profitsharing_config_query":    typed(merchants.QueryMerchantRatio, nil),
		"transfer_batch":                typed(batches.InitiateBatchTransfer, appid),
		"transfer_query_out_batch_no":   typed(batches.GetTransferBatchByOutNo, detailed),
		"transfer_query_batchid":        typed(batches.GetTransferBatchByNo, plain),
		"transfer_query_out_detail_no":  typed(details.GetTransferDetailByOutNo, nil),
		"transfer_query_detail_id":      typed(details.GetTransferDetailByNo, nil),
		"mch_transfer_bills":            shop.transfer,
		"mch_transfer_bills_query": func(given lines.Fields) (lines.Fields, error) {
			path := "/transfer-bill-no/" + lines.Take(given, "transfer_bill_no")
			if given["out_bill_no"] != nil {
				path = "/out-bill-no/" + lines.Take(given, "out_bill_no")
			}
			return shop.untyped(http.MethodGet, billPath+path, nil, nil)
		},
		"mch_transfer_bills_cancel": func(given lines.Fields) (lines.Fields, error) {
			path := billPath + "/out-bill-no/" + lines.Take(given, "out_bill_no") + "/cancel"
			return shop.untyped(http.MethodPost, path, nil, lines.Fields{})
		},
	}
}

func (shop *Shop) partners() map[string]lines.Call {
	return map[string]lines.Call{
		"partner":          shop.partner,
		"image_upload":     shop.upload,
		"applyment_submit": shop.apply,
		"applyment_query": func(given lines.Fields) (lines.Fields, error) {
			path := "applyment_id/" + lines.Take(given, "applyment_id")
			if given["business_code"] != nil {
				path = "business_code/" + lines.Take(given, "business_code")
			}
			return shop.untyped(http.MethodGet, applyPath+path, nil, nil)
		},
		"combine_pay": func(given lines.Fields) (lines.Fields, error) {
			own := lines.Fields{
				"combine_appid": shop.settings["appid"], "combine_mchid": shop.settings["mchid"],
			}
			body := lines.Joined(own, given)
			return shop.untyped(http.MethodPost, combinedPath+"/native", nil, body)
		},
		"combine_query": func(given lines.Fields) (lines.Fields, error) {
			return shop.untyped(http.MethodGet, combinedNumber(given), nil, nil)
		},
		"combine_close": func(given lines.Fields) (lines.Fields, error) {
			path := combinedNumber(given) + "/close"
			given["combine_appid"] = shop.settings["appid"]
			return shop.untyped(http.MethodPost, path, nil, given)
		},
	}
}

func combinedNumber(given lines.Fields) string {
	return combinedPath + "/out-trade-no/" + url.PathEscape(lines.Take(given, "combine_out_trade_no"))
}

// A receiver's kind is `type` on the wire.
func kinded(call lines.Call) lines.Call {
	return func(given lines.Fields) (lines.Fields, error) {
		given["type"] = lines.Take(given, "account_type")
		return call(given)
	}
}

func (shop *Shop) partner(given lines.Fields) (lines.Fields, error) {
	service := &native.NativeApiService{Client: shop.client}
	provider := lines.Fields{
		"sp_mchid": shop.settings["mchid"], "sp_appid": shop.settings["appid"],
		"notify_url": shop.settings["notify_url"],
	}
	switch lines.Take(given, "call") {
	case "pay":
		return typed(service.Prepay, provider)(given)
	case "query":
		return typed(service.QueryOrderByOutTradeNo, provider)(given)
	case "close":
		asked := lines.As[native.CloseOrderRequest](lines.Joined(provider, given))
		result, err := service.CloseOrder(ctx, asked)
		return answered(lines.Fields{}, result, err)
	}
	return typed((&refunddomestic.RefundsApiService{Client: shop.client}).Create, nil)(given)
}

func (shop *Shop) transfer(given lines.Fields) (lines.Fields, error) {
	given["appid"] = shop.settings["appid"]
	return shop.sealed(billPath, given, "user_name")
}

func (shop *Shop) upload(given lines.Fields) (lines.Fields, error) {
	path := lines.Take(given, "filepath")
	content, err := os.ReadFile(path)
	lines.Must(err)
	service := fileuploader.ImageUploader{Client: shop.client}
	body, result, err := service.Upload(
		ctx, bytes.NewReader(content), filepath.Base(path), consts.ImagePNG,
	)
	return answered(body, result, err)
}

func (shop *Shop) apply(given lines.Fields) (lines.Fields, error) {
	return shop.sealed(
		applyPath, given, "contact_name", "id_card_name", "account_name", "account_number",
	)
}

// Post what has secrets in it: the SDK encrypts them and names the key it used.
func (shop *Shop) sealed(address string, body lines.Fields, secrets ...string) (lines.Fields, error) {
	for _, name := range secrets {
		if err := shop.seal(body, name); err != nil {
			return nil, err
		}
	}
	return shop.untyped(http.MethodPost, address, nil, body)
}

func (shop *Shop) seal(fields map[string]any, name string) error {
	for key, value := range fields {
		switch value := value.(type) {
		case map[string]any:
			if err := shop.seal(value, name); err != nil {
				return err
			}
		case string:
			if key != name {
				continue
			}
			secret := struct {
				Text *string `encryption:"EM_APIV3"`
			}{core.String(value)}
			if _, err := shop.client.EncryptRequest(ctx, &secret); err != nil {
				return err
			}
			fields[key] = *secret.Text
		}
	}
	return nil
}
