using System.IO.Compression;
using System.Text;
using BranchGrpo.Kit.Models.Files.Torch;

namespace BranchGrpo.Kit.Models.Tests;

public class UnpicklerTests
{
    [Theory]
    [InlineData("N(\u0085t.")]                                                  // a tuple of what stands below the mark
    [InlineData("NN(\u0086t.")]
    [InlineData("](Na.")]                                                       // a mark is left
    [InlineData("](N(ete.")]                                                    // a list appended to below a mark
    [InlineData("N(b.")]
    [InlineData("}NN.")]                                                        // three values are left
    [InlineData("}(NNNu.")]                                                     // a key without value
    [InlineData("}]Ns.")]                                                       // a list as a key
    [InlineData("h\u0000.")]                                                    // never kept
    [InlineData("ccollections\nOrderedDict\n(tR}X\u0001\0\0\0aNsb.")]           // attributes other than the versions of modules
    [InlineData("]}X\u0009\0\0\0_metadataNsb.")]                                 // versions on something else
    [InlineData("ccollections\nOrderedDict\n](N\u0086ae\u0085R.")]              // made from a list, which memory could multiply
    [InlineData("ccollections\nOrderedDictX\n.")]
    [InlineData("ctorch\nfloat32\n)R.")]                                        // a type is no function
    public void What_checkpoints_never_write_is_refused(string pickle) => Assert.Throws<FormatException>(() => Read(pickle));

    [Fact]
    public void Keys_are_one_where_Python_has_them_as_one()
    {
        const string Pickle = "}(K\u0001N\u0088K\u0002G\u003f\u00f0\0\0\0\0\0\0K\u0003K\u0001N\u0086K\u0004\u0088N\u0086K\u0005u.";
        var dictionary = Assert.IsType<PickleDictionary>(Read(Pickle));
        Assert.Equal(2, dictionary.Items.Count);
        Assert.Equal([3L, 5L], dictionary.Items.Select(i => i.Value));
        Assert.Equal(1L, dictionary.Items[0].Key);
    }

    [Fact]
    public void Versions_of_modules_may_hang_on_the_dictionary_of_weights() =>
        Assert.Empty(Assert.IsType<PickleDictionary>(Read("ccollections\nOrderedDict\n)R}X\u0009\0\0\0_metadataNsb.")).Items);

    [Fact]
    public void A_compressed_storage_that_is_longer_than_announced_is_refused()
    {
        const string Pickle = "ctorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\0" + "0X\u0003\0\0\0cpuK\u0004tQ"
            + "K\0K\u0004\u0085K\u0001\u0085\u0089ccollections\nOrderedDict\n)RtR.";
        var path = Path.Combine(Directory.CreateTempSubdirectory("branchgrpo-long-").FullName, "x.pt");
        foreach (var length in new[] { 16, 32 })
        {
            using (var zip = new ZipArchive(File.Create(path), ZipArchiveMode.Create))
                foreach (var (name, content) in new[] { ("a/data.pkl", Encoding.Latin1.GetBytes(Pickle)), ("a/data/0", new byte[length]) })
                {
                    using var entry = zip.CreateEntry(name, CompressionLevel.Optimal).Open();
                    entry.Write(content);
                }
            var bytes = File.ReadAllBytes(path);
            bytes[bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8) + 24] = 16;                       // the size that the directory announces
            File.WriteAllBytes(path, bytes);
            using var file = new TorchFile(path);
            var tensor = Assert.IsType<TorchTensor>(file.Root);
            if (length == 16) file.Read(tensor).Dispose();
            else Assert.Contains("more than the 16 bytes", Assert.Throws<InvalidDataException>(() => file.Read(tensor)).Message);
        }
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    private static object? Read(string pickle)
    {
        var bytes = Encoding.Latin1.GetBytes(pickle);
        return new Unpickler(new PickleBytes((from, into) => bytes.AsSpan((int)from, into.Length).CopyTo(into), 0, bytes.Length)).Read();
    }
}
