using System.IO.Compression;
using System.Text;
using BranchGrpo.Kit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Library.Tiny;

/// <summary>Writes a dictionary of tensors as <c>torch.save</c> does: a zip archive with a pickle (protocol 2) and one entry per tensor.</summary>
internal static class TorchArchive
{
    /// <summary>Writes the file.</summary>
    /// <param name="path">Replaced if it exists.</param>
    /// <param name="tensors">Borrowed; float32 or float16.</param>
    /// <param name="key">Key of a dictionary around them, such as <c>state_dict</c>; none if null.</param>
    public static void Write(string path, IReadOnlyList<KeyValuePair<string, Tensor>> tensors, string? key = null) => WholeFile.Write(path, temporary =>
    {
        using var scope = NewDisposeScope();
        var stem = Path.GetFileNameWithoutExtension(path);
        using var zip = ZipFile.Open(temporary, ZipArchiveMode.Create);
        Add(zip, $"{stem}/data.pkl", Pickle(tensors, key));
        Add(zip, $"{stem}/byteorder", "little"u8);
        for (var i = 0; i < tensors.Count; i++) Add(zip, $"{stem}/data/{i}", tensors[i].Value.detach().cpu().contiguous().bytes);
        Add(zip, $"{stem}/version", "3\n"u8);
    });

    private static void Add(ZipArchive zip, string name, ReadOnlySpan<byte> bytes)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.NoCompression);
        entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);              // equal weights give equal files
        using var stream = entry.Open();
        stream.Write(bytes);
    }

    private static byte[] Pickle(IReadOnlyList<KeyValuePair<string, Tensor>> tensors, string? key)
    {
        using var pickle = new MemoryStream();
        Put(pickle, "\x80\x02");
        if (key is not null)
        {
            Put(pickle, "}(");
            Text(pickle, key);
        }
        Put(pickle, "ccollections\nOrderedDict\n)R(");
        for (var i = 0; i < tensors.Count; i++)
        {
            Text(pickle, tensors[i].Key);
            TensorAt(pickle, tensors[i].Value, i);
        }
        Put(pickle, key is null ? "u." : "uu.");
        return pickle.ToArray();
    }

    // _rebuild_tensor_v2(storage by persistent id, offset, sizes, strides, requires_grad, hooks)
    private static void TensorAt(Stream pickle, Tensor tensor, int storage)
    {
        var type = tensor.dtype switch
        {
            ScalarType.Float32 => "FloatStorage",
            ScalarType.Float16 => "HalfStorage",
            _ => throw new ArgumentException($"expected a float32 or float16 tensor, found {tensor.dtype}", nameof(tensor)),
        };
        Put(pickle, "ctorch._utils\n_rebuild_tensor_v2\n((");
        Text(pickle, "storage");
        Put(pickle, $"ctorch\n{type}\n");
        Text(pickle, $"{storage}");
        Text(pickle, "cpu");
        Number(pickle, tensor.numel());
        Put(pickle, "tQ");
        Number(pickle, 0);
        long step = 1;
        var strides = new long[tensor.shape.Length];
        for (var d = strides.Length - 1; d >= 0; d--) (strides[d], step) = (step, step * tensor.shape[d]);
        foreach (var numbers in (long[][])[tensor.shape, strides])
        {
            Put(pickle, "(");
            foreach (var number in numbers) Number(pickle, number);
            Put(pickle, "t");
        }
        Put(pickle, "\x89" + "ccollections\nOrderedDict\n)RtR");
    }

    private static void Number(Stream pickle, long number)
    {
        Put(pickle, "J");
        pickle.Write(BitConverter.GetBytes(checked((int)number)));
    }

    private static void Text(Stream pickle, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Put(pickle, "X");
        pickle.Write(BitConverter.GetBytes(bytes.Length));
        pickle.Write(bytes);
    }

    private static void Put(Stream pickle, string opcodes) => pickle.Write(Encoding.Latin1.GetBytes(opcodes));
}
