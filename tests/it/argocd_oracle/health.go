// Runs the health checks of deploy/argocd/argocd-cm-health.yaml as Argo CD does (its util/lua), on the
// objects of health.json; README.md beside it says how to run it.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	lua "github.com/yuin/gopher-lua"
	"gopkg.in/yaml.v3"
)

func main() {
	var patch struct {
		Data map[string]string `yaml:"data"`
	}
	var cases []struct {
		Says, Because string
		Object        map[string]any
	}
	text, err := os.ReadFile(os.Args[1])
	if err == nil {
		err = yaml.Unmarshal(text, &patch)
	}
	if err == nil {
		text, err = os.ReadFile(os.Args[2])
	}
	if err == nil {
		err = json.Unmarshal(text, &cases)
	}
	if err != nil {
		panic(err)
	}
	for _, one := range cases {
		kind := one.Object["kind"].(string)
		status, message := health(patch.Data["resource.customizations.health.secrets.infisical.com_"+kind], one.Object)
		fmt.Println(kind, status, "("+message+"):", one.Because)
		if status != one.Says {
			panic("it should be " + one.Says)
		}
	}
}

func health(script string, object map[string]any) (string, string) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	libraries := map[string]lua.LGFunction{lua.LoadLibName: lua.OpenPackage, lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable}
	for _, name := range []string{lua.LoadLibName, lua.BaseLibName, lua.TabLibName} {
		if err := state.CallByParam(lua.P{Fn: state.NewFunction(libraries[name]), Protect: true}, lua.LString(name)); err != nil {
			panic(err)
		}
	}
	state.SetGlobal("obj", value(state, object))
	if err := state.DoString(script); err != nil {
		panic(err)
	}
	result := state.Get(-1).(*lua.LTable)
	return result.RawGetString("status").String(), result.RawGetString("message").String()
}

func value(state *lua.LState, of any) lua.LValue {
	switch of := of.(type) {
	case bool:
		return lua.LBool(of)
	case float64:
		return lua.LNumber(of)
	case string:
		return lua.LString(of)
	case []any:
		list := state.NewTable()
		for _, item := range of {
			list.Append(value(state, item))
		}
		return list
	case map[string]any:
		table := state.NewTable()
		for key, item := range of {
			table.RawSetString(key, value(state, item))
		}
		return table
	}
	return lua.LNil
}
