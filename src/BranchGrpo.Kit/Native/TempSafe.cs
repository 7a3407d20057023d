// Stand-in: delete this file as soon as the real type (same name) lands.
using static TorchSharp.torch;
namespace BranchGrpo.Kit.Native;
/// <summary>x</summary>
public sealed class SafeTensorFile : IDisposable { 
/// <summary>x</summary>
public Dictionary<string, Tensor> Tensors = []; 
/// <summary>x</summary>
public Dictionary<string, string> Metadata = []; 
/// <summary>x</summary>
public void Dispose() {} }
/// <summary>x</summary>
public static class SafeTensors { 
/// <summary>x</summary>
public static void Write(string path, IEnumerable<KeyValuePair<string,Tensor>> tensors, IReadOnlyDictionary<string,string>? metadata = null) {} 
/// <summary>x</summary>
public static SafeTensorFile Read(string path) => new(); }
