using System.Text;
using BranchGrpo.Kit.Models.Files;
using BranchGrpo.Kit.Models.Layers;
using BranchGrpo.Kit.Native;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Models.Tests;

public sealed class CheckpointTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("branchgrpo-checkpoint-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Weights_are_converted_to_the_type_of_the_network()
    {
        using Tensor weight = rand(3, 4, dtype: ScalarType.Float64), bias = rand(3, dtype: ScalarType.BFloat16);
        Write("model.safetensors", ("weight", weight), ("bias", bias));
        foreach (var type in new[] { ScalarType.Float32, ScalarType.BFloat16, ScalarType.Float16 })
        {
            using var network = new Linear(4, 3, new(type, CPU));
            foreach (var parameter in network.parameters()) parameter.requires_grad = true;
            using (var file = Checkpoint.Open(folder)) Checkpoint.LoadInto(network, file);
            using Tensor expected = weight.to(type), other = bias.to(type);
            Assert.True(network.state_dict()["weight"].equal(expected).all().item<bool>());
            Assert.True(network.state_dict()["bias"].equal(other).all().item<bool>());
        }
    }

    [Fact]
    public void Everything_that_does_not_fit_is_named_and_nothing_is_changed()
    {
        using Tensor wrong = ones(4, 3), extra = ones(2), twice = ones(3);
        Write("model.safetensors", ("w", wrong), ("extra.one", extra), ("extra.two", extra), ("bias", twice), ("old.bias", twice));
        using var network = new Linear(4, 3, WeightFormat.Cpu);
        using (no_grad()) foreach (var parameter in network.parameters()) parameter.fill_(7);
        using var file = Checkpoint.Open(folder);
        string[] parts =
            ["Linear", "w: expected [3, 4], found [4, 3]", "extra.one: not part of this network", "extra.two", "bias: given 2 times, as bias, old.bias"];
        var error = Assert.Throws<InvalidDataException>(
            () => Checkpoint.LoadInto(network, file, name => name.Replace("old.", "") switch { "w" => "weight", var same => same }));
        Assert.All(parts, part => Assert.Contains(part, error.Message));
        Assert.Contains("weight: missing, expected [3, 4]", Assert.Throws<InvalidDataException>(() => Checkpoint.LoadInto(network, file)).Message);
        Assert.All(network.parameters(), p => Assert.Equal(7 * p.numel(), p.sum().item<float>()));
    }

    [Fact]
    public void A_folder_gives_its_checkpoint_and_says_when_there_is_none_or_a_choice()
    {
        Assert.Contains("no file", Assert.Throws<FileNotFoundException>(() => Checkpoint.Open(folder)).Message);
        Assert.Contains("absent", Assert.Throws<FileNotFoundException>(() => Checkpoint.Open(Path.Combine(folder, "absent"))).Message);
        using var value = ones(2);
        Write("diffusion_pytorch_model.fp16.safetensors", ("a", value));
        Assert.Equal("a", Only(folder));
        Write("other.safetensors", ("b", value));
        Assert.Contains("model.fp16.safetensors, other.safetensors", Assert.Throws<InvalidDataException>(() => Checkpoint.Open(folder)).Message);
        Write("model-00001-of-00001.safetensors", ("c", value));
        File.WriteAllText(Path.Combine(folder, "x.safetensors.index.json"), """{"weight_map":{"c":"model-00001-of-00001.safetensors"}}""");
        Assert.Equal("c", Only(folder));
        Write("model.safetensors", ("d", value));
        Assert.Equal("d", Only(folder));
        Assert.Equal("b", Only(Path.Combine(folder, "other.safetensors")));
    }

    [Fact]
    public void A_pointer_to_a_file_elsewhere_says_how_to_get_it()
    {
        File.WriteAllText(Path.Combine(folder, "model.safetensors"), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n");
        Assert.Contains("git lfs pull", Assert.Throws<InvalidDataException>(() => Checkpoint.Open(folder)).Message);
    }

    [Fact]
    public void Tensors_outlive_the_file_they_were_read_from()
    {
        using var value = arange(12);
        Write("model.safetensors", ("a", value));
        Tensor read;
        using (var file = Checkpoint.Open(folder)) read = file.Read("a");
        File.Delete(Path.Combine(folder, "model.safetensors"));
        using (read) Assert.Equal(66, read.add_(0).sum().item<long>());
    }

    [Fact]
    public void Eight_bit_floats_are_read_by_value_and_fill_networks_of_any_type()
    {
        byte[] bits = [.. Enumerable.Range(0, 256).Select(b => (byte)b)];
        foreach (var (type, exponents, mantissas, bias) in new[] { ("F8_E4M3", 4, 3, 7), ("F8_E5M2", 5, 2, 15) })
        {
            var header = Encoding.UTF8.GetBytes($$$"""{"weight":{"dtype":"{{{type}}}","shape":[1,256],"data_offsets":[0,256]}}""");
            File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), [.. BitConverter.GetBytes((long)header.Length), .. header, .. bits]);
            using var network = new Linear(256, 1, new(ScalarType.BFloat16, CPU), bias: false);
            using (var file = Checkpoint.Open(folder)) Checkpoint.LoadInto(network, file);
            using var values = network.state_dict()["weight"].to(ScalarType.Float32).flatten();
            Assert.Equal(bits.Select(Value), values.data<float>().ToArray());

            float Value(byte b)
            {
                var (sign, exponent, mantissa) = (b < 128 ? 1f : -1f, (b >> mantissas) & ((1 << exponents) - 1), b & ((1 << mantissas) - 1));
                if (type == "F8_E5M2" && exponent == 31) return mantissa == 0 ? sign * float.PositiveInfinity : float.NaN;
                if (type == "F8_E4M3" && (b & 127) == 127) return float.NaN;
                return sign * MathF.ScaleB(mantissa + (exponent == 0 ? 0 : 1 << mantissas), Math.Max(exponent, 1) - bias - mantissas);
            }
        }
    }

    [Fact]
    public void A_tensor_of_several_parts_is_whole()
    {
        using var value = arange((1 << 26) + 5, dtype: ScalarType.Int32).remainder_(251).to(ScalarType.Byte);     // no period of a part
        Write("model.safetensors", ("a", value));
        using var file = Checkpoint.Open(folder);
        using var read = file.Read("a");
        Assert.True(read.equal(value).all().item<bool>());
    }

    [Fact]
    public void Nothing_is_left_alive()
    {
        using var value = ones(3, 4);
        Write("model.safetensors", ("weight", value));
        using var network = new Linear(4, 3, new(ScalarType.BFloat16, CPU), bias: false);
        void Load()
        {
            using var file = Checkpoint.Open(folder);
            Checkpoint.LoadInto(network, file);
            file.Read("weight").Dispose();
        }
        Load();
        var before = Tensor.TotalCount;
        Load();
        Assert.Equal(before, Tensor.TotalCount);
    }

    private static string Only(string path)
    {
        using var file = Checkpoint.Open(path);
        return Assert.Single(file.Entries).Key;
    }

    private void Write(string name, params (string Name, Tensor Tensor)[] tensors) =>
        SafeTensors.Write(Path.Combine(folder, name), tensors.Select(t => KeyValuePair.Create(t.Name, t.Tensor)));
}
