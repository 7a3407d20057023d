#pragma warning disable
using System.Text; using System.Text.Json; using TorchSharp; using static TorchSharp.torch;
namespace BranchGrpo.Kit.Native;
public sealed class SafeTensorFile : IDisposable { public Dictionary<string, Tensor> Tensors = new(); public Dictionary<string, string> Metadata = new(); public void Dispose() { foreach (var t in Tensors.Values) t.Dispose(); } }
public static class SafeTensors {
  static readonly Dictionary<string, ScalarType> Dt = new() { ["F32"] = ScalarType.Float32, ["I64"] = ScalarType.Int64, ["F64"] = ScalarType.Float64 };
  public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> ts, IReadOnlyDictionary<string, string>? meta = null) {
    var l = ts.Select(t => (t.Key, t.Value.detach().cpu().contiguous())).ToList(); var h = new Dictionary<string, object>(); if (meta != null) h["__metadata__"] = meta; long o = 0;
    foreach (var (n, t) in l) { var b = t.numel() * t.element_size(); h[n] = new { dtype = Dt.First(d => d.Value == t.dtype).Key, shape = t.shape, data_offsets = new[] { o, o + b } }; o += b; }
    var js = JsonSerializer.SerializeToUtf8Bytes(h); var pad = (8 - js.Length % 8) % 8; using (var f = File.Create(path + ".tmp")) { f.Write(BitConverter.GetBytes((long)(js.Length + pad))); f.Write(js); f.Write(Encoding.ASCII.GetBytes(new string(' ', pad))); foreach (var (_, t) in l) f.Write(t.bytes); } File.Move(path + ".tmp", path, true); }
  public static SafeTensorFile Read(string path) { var all = File.ReadAllBytes(path); var n = (int)BitConverter.ToInt64(all, 0); using var doc = JsonDocument.Parse(all.AsMemory(8, n)); var r = new SafeTensorFile();
    foreach (var e in doc.RootElement.EnumerateObject()) { if (e.Name == "__metadata__") { foreach (var m in e.Value.EnumerateObject()) r.Metadata[m.Name] = m.Value.GetString()!; continue; }
      var sh = e.Value.GetProperty("shape").EnumerateArray().Select(x => x.GetInt64()).ToArray(); var a = (int)e.Value.GetProperty("data_offsets")[0].GetInt64(); var b = (int)e.Value.GetProperty("data_offsets")[1].GetInt64();
      var t = empty(sh, dtype: Dt[e.Value.GetProperty("dtype").GetString()!]); t.bytes = all.AsSpan(8 + n + a, b - a); r.Tensors[e.Name] = t.DetachFromDisposeScope(); } return r; }
  public static void LoadInto(nn.Module m, string path) { using var f = Read(path); using var ng = no_grad(); foreach (var (k, v) in m.state_dict()) v.copy_(f.Tensors[k]); }
}
